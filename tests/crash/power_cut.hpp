// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/hash.hpp"
#include "lossy_disk.hpp"
#include "store/forwarding.hpp"
#include "store/store.hpp"
#include "trees.hpp"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// What a disk holds after a power cut at any moment of a run, and who proves what of it.
namespace saoluu::test {

/// Tells the log what the store acknowledged.
class AcknowledgingStore final : public store::ForwardingStore {
public:
    AcknowledgingStore(std::unique_ptr<store::Store> base, DiskLog& log)
        : ForwardingStore(std::move(base)), log_(log) {}

    Result<store::Put> put(std::string_view name, util::BytesView bytes) override {
        return told(name, base().put(name, bytes));
    }
    Result<std::unique_ptr<store::Staged>> stage() override {
        return std::unique_ptr<store::Staged>(
            std::make_unique<InFlight>(*this, TRY(base().stage())));
    }

private:
    class InFlight final : public store::Staged {
    public:
        InFlight(AcknowledgingStore& store, std::unique_ptr<store::Staged> base)
            : store_(store), base_(std::move(base)) {}
        Result<void> append(util::BytesView bytes) override { return base_->append(bytes); }
        Result<store::Put> commit(std::string_view name) override {
            return store_.told(name, base_->commit(name));
        }

    private:
        AcknowledgingStore& store_;
        std::unique_ptr<store::Staged> base_;
    };
    Result<store::Put> told(std::string_view name, Result<store::Put> put) {
        if (put)
            log_.acknowledge(local_folder() + "/" + std::string(name));
        return put;
    }

    DiskLog& log_;
};

/// The losses that are tried at every moment: the extremes, and some by chance.
inline std::vector<Loss> losses() {
    using N = Loss::Names;
    using B = Loss::Bytes;
    std::vector<Loss> all = {{N::lost, B::lost}, {N::kept, B::lost}, {N::kept, B::zeros},
                             {N::kept, B::half}, {N::kept, B::kept}, {N::lost, B::kept}};
    for (std::uint64_t seed = 1; seed <= 4; ++seed)
        all.push_back({N::by_chance, B::by_chance, seed});
    return all;
}

/// A power cut: what the disk holds then, and how far the run had come.
struct Cut {
    std::size_t at = 0; ///< steps before it
    Loss loss;
    Tree disk;
    bool is_last = false; ///< after the run had ended
    const std::map<std::string, util::Bytes>& acknowledged;
};

inline bool is_rubbish(const std::string& path) {
    return path.find("/tmp/") != std::string::npos || path.ends_with(".tmp");
}

/// What tells two disks apart; rubbish does not.
inline std::string fingerprint(const Tree& disk) {
    std::string all;
    for (const auto& [path, content] : disk.files)
        if (!is_rubbish(path))
            all += path + '\0' + crypto::hash(content).hex();
    for (const auto& [path, ignored] : disk.folders)
        all += path + '\0';
    return crypto::hash(util::as_bytes(all)).hex();
}

/// Cuts the power after every step. `see` is called for each moment and loss; `prove` for each
/// disk that is like none before.
template <class See, class Prove>
void cut_everywhere(const Tree& before, const std::vector<disk::Step>& steps, const See& see,
                    const Prove& prove) {
    LossyDisk disk(before);
    std::set<std::string> proven;
    for (std::size_t at = 0;; ++at) {
        for (const Loss& loss : losses()) {
            const Cut cut{.at = at,
                          .loss = loss,
                          .disk = disk.after({loss.names, loss.bytes, loss.seed * 1'000'000 + at}),
                          .is_last = at == steps.size(),
                          .acknowledged = disk.acknowledged()};
            INFO("power cut after step ", at, " of ", steps.size(), ", names ",
                 static_cast<int>(loss.names), ", bytes ", static_cast<int>(loss.bytes), ", seed ",
                 loss.seed);
            see(cut);
            if (proven.insert(fingerprint(cut.disk)).second)
                prove(cut);
        }
        if (at == steps.size())
            break;
        disk.apply(steps[at]);
    }
}

inline constexpr const char* kRepository = "repository/";

/// A computer after its power came back: the disk's files, and who works with them.
class Computer {
public:
    explicit Computer(const Tree& disk) { disk.write(folder_.path()); }

    [[nodiscard]] Result<Repository> open(std::string_view key, const std::string& machine) {
        return Repository::open(
            {.location = folder_ / "repository",
             .credential = {.secret = Credential::KeyFile{folder_ / (std::string(key) + ".key")},
                            .slot = ""},
             .folders = {.state = folder_ / machine + "/state",
                         .cache = folder_ / machine + "/cache"}},
            told);
    }
    Told told;

private:
    ScratchFolder folder_ = ScratchFolder::in_memory();
};

// No structured bindings where a message's lambda names them: clang 14 refuses that.
/// Every object that was acknowledged is there with its bytes; every one that is there is whole.
inline void see_objects(const Cut& cut, const std::map<std::string, util::Bytes>& whole) {
    for (const auto& object : cut.acknowledged) {
        const auto& path = object.first;
        const auto& content = object.second;
        const auto found = cut.disk.files.find(path);
        CHECK_MESSAGE((found != cut.disk.files.end() && found->second == content),
                      "acknowledged and lost: " << path);
    }
    for (const auto& file : cut.disk.files) {
        const auto& path = file.first;
        const auto& content = file.second;
        if (!path.starts_with(kRepository) || is_rubbish(path))
            continue;
        const auto wanted = whole.find(path);
        CHECK_MESSAGE((wanted != whole.end() && wanted->second == content),
                      "half of it has a name: " << path);
    }
}

} // namespace saoluu::test
