// SPDX-License-Identifier: Apache-2.0
// What a backup does with the bytes of a file: cut, name, compress, seal, put into a pack.
#include "bench_repository.hpp"
#include "data/chunker.hpp"
#include "data/compress.hpp"
#include "format/domain.hpp"
#include "format/pack.hpp"
#include "random_bytes.hpp"
#include "repo/pack_writer.hpp"
#include "scratch_folder.hpp"
#include "store/store.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace saoluu;
using test::random_bytes;

/// The length of an average chunk of a new repository.
constexpr std::size_t kChunk = 512 << 10;

void count_bytes(benchmark::State& state, std::size_t bytes) {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

const format::DomainKeys& domain() {
    static const format::DomainKeys keys(
        {.domain = 1, .suite = crypto::Suite::xchacha20, .secret = crypto::Key::random()},
        crypto::random_id<format::RepositoryId>());
    return keys;
}

/// Text as in logs: words of a small list, which zstd brings to less than half.
util::Bytes text_like(std::size_t size) {
    std::mt19937_64 random(7);
    std::vector<std::string> words(4096);
    for (std::string& word : words)
        for (std::size_t i = 0; i < 2 + random() % 9; ++i)
            word += static_cast<char>('a' + random() % 26);
    util::Bytes bytes;
    bytes.reserve(size + 16);
    while (bytes.size() < size) {
        // The product makes some words frequent and most rare, as in texts.
        const std::string& word = words[(random() % 4096) * (random() % 4096) / 4096];
        util::append(bytes, util::as_bytes(word));
        bytes.push_back(static_cast<std::byte>(random() % 8 == 0 ? '\n' : ' '));
    }
    bytes.resize(size);
    return bytes;
}

void cut(benchmark::State& state) {
    const util::Bytes data = random_bytes(32 << 20, 1);
    const data::Chunker chunker({}, domain().gear_table());
    for (auto _ : state)
        for (util::BytesView rest = data; !rest.empty();)
            rest = rest.subspan(chunker.cut(rest));
    count_bytes(state, data.size());
}
BENCHMARK(cut)->Unit(benchmark::kMillisecond);

void chunk_id(benchmark::State& state) {
    const util::Bytes chunk = random_bytes(static_cast<std::size_t>(state.range(0)), 2);
    for (auto _ : state)
        benchmark::DoNotOptimize(domain().chunk_id(format::ChunkKind::data, chunk));
    count_bytes(state, chunk.size());
}
BENCHMARK(chunk_id)->Arg(100)->Arg(kChunk);

void compress(benchmark::State& state, const util::Bytes& chunk) {
    data::Compressor compressor(static_cast<int>(state.range(0)));
    std::size_t stored = 0;
    for (auto _ : state)
        stored = compressor.compress(chunk).bytes.size();
    count_bytes(state, chunk.size());
    state.counters["stored_percent"] =
        100.0 * static_cast<double>(stored) / static_cast<double>(chunk.size());
}
void compress_text(benchmark::State& state) {
    compress(state, text_like(kChunk));
}
BENCHMARK(compress_text)->DenseRange(1, 5)->Unit(benchmark::kMicrosecond);
void compress_random(benchmark::State& state) {
    compress(state, random_bytes(kChunk, 3));
}
BENCHMARK(compress_random)->DenseRange(1, 5)->Unit(benchmark::kMicrosecond);

void decompress_text(benchmark::State& state) {
    const util::Bytes chunk = text_like(kChunk);
    data::Compressor compressor(3);
    const data::Compressed stored = compressor.compress(chunk);
    data::Decompressor decompressor;
    util::Bytes out(chunk.size());
    for (auto _ : state)
        bench::must(decompressor.decompress(stored.codec, stored.bytes, out));
    count_bytes(state, chunk.size());
}
BENCHMARK(decompress_text)->Unit(benchmark::kMicrosecond);

/// One pack's cipher, as its writer and as its reader have it.
struct Ciphers {
    explicit Ciphers(crypto::Suite suite)
        : content(crypto::SealPair::generate()),
          writer(bench::must(format::PackCipher::create(
              repository, epoch, {.kind = format::Kind::data_pack, .suite = suite, .epoch = 1},
              content.public_half()))),
          reader(
              bench::must(format::PackCipher::open(repository, epoch, content, writer.header()))) {}
    format::RepositoryId repository = crypto::random_id<format::RepositoryId>();
    format::EpochKey epoch{.epoch = 1, .secret = crypto::Key::random()};
    crypto::SealPair content;
    format::PackCipher writer, reader;
};

format::FrameInfo frame_of(std::size_t size) {
    return {.kind = format::ChunkKind::data,
            .codec = data::Codec::raw,
            .id = crypto::random_id<format::ChunkId>(),
            .stored_size = static_cast<std::uint32_t>(size),
            .plain_size = static_cast<std::uint32_t>(size),
            .offset = format::PackHeader::kSize};
}

void seal_frame(benchmark::State& state, crypto::Suite suite) {
    Ciphers ciphers(suite);
    const util::Bytes chunk = random_bytes(static_cast<std::size_t>(state.range(0)), 4);
    const format::FrameInfo frame = frame_of(chunk.size());
    util::Bytes out(frame.frame_size());
    for (auto _ : state)
        ciphers.writer.seal_frame(frame, 0, chunk, out);
    count_bytes(state, chunk.size());
}
BENCHMARK_CAPTURE(seal_frame, xchacha20, crypto::Suite::xchacha20)->Arg(100)->Arg(kChunk);
BENCHMARK_CAPTURE(seal_frame, aes256gcm, crypto::Suite::aes256gcm)->Arg(100)->Arg(kChunk);

void open_frame(benchmark::State& state, crypto::Suite suite) {
    Ciphers ciphers(suite);
    const util::Bytes chunk = random_bytes(static_cast<std::size_t>(state.range(0)), 5);
    const format::FrameInfo frame = frame_of(chunk.size());
    util::Bytes sealed(frame.frame_size()), out(chunk.size());
    ciphers.writer.seal_frame(frame, 0, chunk, sealed);
    for (auto _ : state)
        if (!ciphers.reader.open_frame(frame, 0, sealed, out))
            bench::give_up("a frame does not open");
    count_bytes(state, chunk.size());
}
BENCHMARK_CAPTURE(open_frame, xchacha20, crypto::Suite::xchacha20)->Arg(100)->Arg(kChunk);
BENCHMARK_CAPTURE(open_frame, aes256gcm, crypto::Suite::aes256gcm)->Arg(100)->Arg(kChunk);

/// Takes whatever is put: so that writing is measured, and no store.
class Nowhere final : public store::Store {
public:
    Result<store::Put> put(std::string_view, util::BytesView) override {
        return store::Put::created;
    }
    Result<std::unique_ptr<store::Staged>> stage() override { return std::make_unique<Nothing>(); }
    Result<util::Bytes> get(std::string_view, std::uint64_t) override { return missing(); }
    Result<void> read(std::string_view, std::uint64_t, std::span<std::byte>) override {
        return missing();
    }
    Result<void> list(std::string_view, std::string_view,
                      const std::function<bool(const store::ObjectInfo&)>&) override {
        return {};
    }
    Result<store::ObjectInfo> stat(std::string_view) override { return missing(); }
    Result<void> remove(std::string_view) override { return {}; }
    [[nodiscard]] std::string describe() const override { return "nowhere"; }

private:
    static Failure missing() { return fail(ErrorKind::not_found, "nothing is kept"); }
    struct Nothing final : store::Staged {
        Result<void> append(util::BytesView) override { return {}; }
        Result<store::Put> commit(std::string_view) override { return store::Put::created; }
    };
};

/// A whole pack of 32 MiB: sealed, hashed, with directory and trailer.
void write_pack(benchmark::State& state) {
    const test::ScratchFolder folder = test::ScratchFolder::in_memory();
    const bench::BenchRepository repository(folder.path());
    repository.make();
    const repo::Access access = repository.access(bench::BenchRepository::kBackup);
    const format::Authorship by = bench::must(access.authorship());
    const util::Bytes chunk = random_bytes(static_cast<std::size_t>(state.range(0)), 6);
    const auto frames = static_cast<std::size_t>(state.range(1));
    const format::ChunkId id = crypto::random_id<format::ChunkId>();
    Nowhere nowhere;
    repo::PlaceSet places({&nowhere});
    const repo::PackContext context{.places = places,
                                    .by = by,
                                    .session = {},
                                    .domain = access.self().domain,
                                    .content_public = access.roster().content_public};
    for (auto _ : state) {
        repo::PackWriter pack =
            bench::must(repo::PackWriter::begin(context, format::Kind::data_pack));
        for (std::size_t i = 0; i < frames; ++i)
            bench::must(pack.add(format::ChunkKind::data, id,
                                 {.codec = data::Codec::raw, .bytes = chunk}, chunk.size()));
        repo::FinishedPack finished = bench::must(pack.finish());
        bench::must(finished.staged->commit(0, "pack"));
    }
    count_bytes(state, chunk.size() * frames);
}
BENCHMARK(write_pack)->Args({kChunk, 64})->Args({100, 100'000})->Unit(benchmark::kMillisecond);

} // namespace
