// SPDX-License-Identifier: Apache-2.0
#include "synthetic.hpp"

#include "format/entry.hpp"
#include "format/page.hpp"
#include "repo/write_session.hpp"
#include "util/file.hpp"

#include <filesystem>

namespace saoluu::bench {

using format::ChunkKind;
using repo::WriteSession;

std::array<std::byte, 16> content_of(std::uint64_t number) {
    std::array<std::byte, 16> content{};
    util::store_le(content.data(), number);
    content[15] = std::byte{1}; // not all zero: a file of zeros may become a hole
    return content;
}

namespace {

/// A catalog of nothing but the root, so that the session can end with a snapshot.
util::Bytes root_page() {
    format::Entry root;
    root.type = format::FileType::folder;
    format::PageWriter page(0);
    page.add_entry("", format::encode_body(root));
    return page.take();
}

void add_session(const BenchRepository& repository, std::uint64_t from, std::uint64_t to) {
    repo::Access access = repository.access(BenchRepository::kBackup);
    Complaints complaints;
    const std::unique_ptr<WriteSession> session = must(WriteSession::begin(access, complaints));
    const auto store = [&](WriteSession::Packer& packer, ChunkKind kind, util::BytesView plain) {
        const format::ChunkId id = session->domain().chunk_id(kind, plain);
        if (session->claim(kind, id) == WriteSession::Claim::mine)
            must(packer.add(kind, id, {.codec = data::Codec::raw, .bytes = plain}, plain.size()));
        return id;
    };
    WriteSession::Packer data = session->data_packer();
    for (std::uint64_t number = from; number < to; ++number) {
        store(data, ChunkKind::data, content_of(number));
        if ((number + 1) % kChunksInPack == 0)
            must(data.finish());
    }
    must(data.finish());
    WriteSession::Packer catalog = session->catalog_packer();
    WriteSession::Draft draft;
    draft.root_page = store(catalog, ChunkKind::page, root_page());
    draft.job = "synthetic";
    must(catalog.finish());
    if (must(session->commit(std::move(draft))) != WriteSession::Outcome::committed)
        give_up("a session was fenced");
}

std::string folder_of(const std::string& tree, std::uint64_t file) {
    const std::uint64_t folder = file / kFilesInFolder;
    return tree + "/" + std::to_string(1000 + folder / 100) + "/" +
           std::to_string(1000 + folder % 100);
}

} // namespace

void add_chunks(const BenchRepository& repository, std::uint64_t from, std::uint64_t to) {
    while (from < to) {
        const std::uint64_t end = std::min(to, from + kChunksInSession);
        add_session(repository, from, end);
        from = end;
    }
}

void make_tree(const std::string& folder, std::uint64_t files, std::uint64_t chunks) {
    constexpr std::uint64_t kStep = 7919; // prime, so that no two files have one chunk too soon
    std::filesystem::remove_all(folder);
    for (std::uint64_t file = 0; file < files; ++file) {
        const std::string inner = folder_of(folder, file);
        if (file % kFilesInFolder == 0)
            std::filesystem::create_directories(inner);
        const std::string path = inner + "/report-" + std::to_string(10'000'000 + file) + ".odt";
        const util::Fd fd = must(util::open_path(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
        must(util::write_all(fd.get(), content_of(file * kStep % chunks), path));
    }
}

std::string middle_folder(const std::string& folder, std::uint64_t files) {
    return folder_of(folder, files / 2);
}

} // namespace saoluu::bench
