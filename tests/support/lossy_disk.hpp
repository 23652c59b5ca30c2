// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "disk_log.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace saoluu::test {

/// What becomes, at a power cut, of what was not synced. POSIX allows each, and so do the file
/// systems at large, each some of them.
struct Loss {
    enum class Names { lost, kept, by_chance };
    enum class Bytes { lost, zeros, half, kept, by_chance };
    Names names; ///< made, changed or removed in a folder since it was synced
    Bytes bytes; ///< written to a file since it was synced
    std::uint64_t seed = 0;
};

/// A file system that promises no more than POSIX does: the bytes of a file are safe when it was
/// synced, its name when the folder that holds it was, and nothing else is. Each name stands or
/// falls by itself: a file that was renamed may have both names, or none.
class LossyDisk {
public:
    explicit LossyDisk(const Tree& synced);

    void apply(const disk::Step& step);
    /// What is there when the power comes back.
    [[nodiscard]] Tree after(const Loss& loss) const;
    /// What is there while it stays on, to prove the model with.
    [[nodiscard]] Tree now() const;
    /// Paths that the store acknowledged, with their content then.
    [[nodiscard]] const std::map<std::string, util::Bytes>& acknowledged() const {
        return acknowledged_;
    }

private:
    struct File {
        util::Bytes content, synced;
    };
    struct Node {
        std::shared_ptr<File> file; ///< none: a folder
    };
    /// A name that was made (with its node) or removed (without).
    using Change = std::pair<std::string, std::optional<Node>>;
    struct Folder {
        std::map<std::string, Node> synced;
        std::vector<Change> changes;
        [[nodiscard]] std::map<std::string, Node> now() const;
    };
    class Survivors;

    void change(const std::string& path, std::optional<Node> node);
    [[nodiscard]] std::shared_ptr<File> file(const std::string& path) const;

    std::map<std::string, Folder> folders_;
    std::map<std::string, util::Bytes> acknowledged_;
};

} // namespace saoluu::test
