// SPDX-License-Identifier: Apache-2.0
#include "lossy_disk.hpp"

#include <functional>
#include <random>
#include <stdexcept>

namespace saoluu::test {
namespace {

/// "a/b" and "c" of "a/b/c"; "" and "c" of "c".
std::pair<std::string, std::string> split(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos)
        return {"", path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

} // namespace

std::map<std::string, LossyDisk::Node> LossyDisk::Folder::now() const {
    std::map<std::string, Node> names = synced;
    for (const auto& [name, node] : changes) {
        names.erase(name);
        if (node)
            names.emplace(name, *node);
    }
    return names;
}

LossyDisk::LossyDisk(const Tree& synced) {
    folders_[""];
    for (const auto& [path, ignored] : synced.folders) {
        folders_[path];
        const auto [folder, name] = split(path);
        folders_[folder].synced.emplace(name, Node{});
    }
    for (const auto& [path, content] : synced.files) {
        const auto [folder, name] = split(path);
        folders_[folder].synced.emplace(
            name, Node{std::make_shared<File>(File{.content = content, .synced = content})});
    }
}

void LossyDisk::change(const std::string& path, std::optional<Node> node) {
    const auto [folder, name] = split(path);
    folders_[folder].changes.emplace_back(name, std::move(node));
}

std::shared_ptr<LossyDisk::File> LossyDisk::file(const std::string& path) const {
    const auto [folder, name] = split(path);
    const auto names = folders_.at(folder).now();
    const auto found = names.find(name);
    if (found == names.end() || !found->second.file)
        throw std::runtime_error("the log knows no file " + path);
    return found->second.file;
}

void LossyDisk::apply(const disk::Step& step) {
    struct Apply {
        LossyDisk& disk;
        void operator()(const disk::MakeFile& made) const {
            disk.change(made.path, Node{std::make_shared<File>()});
        }
        void operator()(const disk::MakeFolder& made) const {
            disk.folders_[made.path] = Folder{};
            disk.change(made.path, Node{});
        }
        void operator()(const disk::Write& write) const {
            disk.file(write.path)->content = write.content;
        }
        void operator()(const disk::SyncFile& sync) const {
            const auto file = disk.file(sync.path);
            file->synced = file->content;
        }
        void operator()(const disk::SyncFolder& sync) const {
            Folder& folder = disk.folders_[sync.path];
            folder.synced = folder.now();
            folder.changes.clear();
        }
        void operator()(const disk::Rename& rename) const {
            const auto file = disk.file(rename.from);
            disk.change(rename.from, std::nullopt);
            disk.change(rename.to, Node{file});
        }
        void operator()(const disk::Link& link) const {
            disk.change(link.to, Node{disk.file(link.from)});
        }
        void operator()(const disk::Unlink& unlink) const {
            disk.change(unlink.path, std::nullopt);
        }
        void operator()(const disk::Acknowledged& object) const {
            disk.acknowledged_[object.path] = disk.file(object.path)->content;
        }
    };
    std::visit(Apply{*this}, step);
}

/// What one loss leaves.
class LossyDisk::Survivors {
public:
    Survivors(const LossyDisk& disk, const Loss& loss)
        : disk_(disk), loss_(loss), random_(loss.seed) {}

    Tree collect() {
        collect("");
        return std::move(tree_);
    }

private:
    void collect(const std::string& folder) {
        for (const auto& [name, node] : names_in(disk_.folders_.at(folder))) {
            const std::string path = folder.empty() ? name : folder + "/" + name;
            if (node.file) {
                tree_.files.emplace(path, content_of(*node.file));
            } else {
                tree_.folders.emplace(path, true);
                collect(path);
            }
        }
    }
    std::map<std::string, Node> names_in(const Folder& folder) {
        if (loss_.names == Loss::Names::lost)
            return folder.synced;
        if (loss_.names == Loss::Names::kept)
            return folder.now();
        Folder chosen{.synced = folder.synced, .changes = {}};
        for (const Change& change : folder.changes)
            if (random_() % 2 == 0)
                chosen.changes.push_back(change);
        return chosen.now();
    }
    util::Bytes content_of(const File& file) {
        if (file.content == file.synced)
            return file.content;
        Loss::Bytes fate = loss_.bytes;
        if (fate == Loss::Bytes::by_chance)
            fate = static_cast<Loss::Bytes>(random_() % 4);
        util::Bytes content = file.content;
        if (fate == Loss::Bytes::lost)
            return file.synced;
        if (fate == Loss::Bytes::zeros) // the length was noted, the blocks were not
            std::fill(content.begin() +
                          static_cast<std::ptrdiff_t>(std::min(file.synced.size(), content.size())),
                      content.end(), std::byte{});
        if (fate == Loss::Bytes::half)
            content.resize((file.synced.size() + content.size()) / 2);
        return content;
    }

    const LossyDisk& disk_;
    Loss loss_;
    std::mt19937_64 random_;
    Tree tree_;
};

Tree LossyDisk::after(const Loss& loss) const {
    return Survivors(*this, loss).collect();
}

Tree LossyDisk::now() const {
    return after({.names = Loss::Names::kept, .bytes = Loss::Bytes::kept});
}

} // namespace saoluu::test
