// SPDX-License-Identifier: Apache-2.0
// No key is ever used twice with one nonce for two plain texts: not in long runs, not in runs that
// die, and not on a machine that is set back and repeats its random numbers. Every use is seen,
// because the linker puts a watcher before libcrypto's functions in this program (--wrap).
#include "thief.hpp"
#include "world.hpp"

#include "store/fault.hpp"

#include <map>
#include <mutex>
#include <random>

using namespace saoluu;
using namespace saoluu::test;

namespace {

namespace fs = std::filesystem;

/// What was encrypted under each (cipher, key, nonce).
class Watcher {
public:
    struct Use {
        const void* cipher = nullptr;
        util::Bytes key, nonce;
        bool encrypts = false;
        crypto::Hasher text; ///< associated data and plain text
    };

    void begin(const void* context, const void* cipher, const unsigned char* key,
               const unsigned char* nonce, bool encrypts) {
        const std::lock_guard lock(mutex_);
        Use& use = open_[context];
        if (cipher != nullptr)
            use.cipher = cipher;
        if (key != nullptr)
            use.key = bytes_of(key, 32);
        if (nonce == nullptr)
            return;
        use.nonce = bytes_of(nonce, 12); // both ciphers of libcrypto
        use.encrypts = encrypts;
        use.text = {};
    }
    void update(const void* context, bool is_plain, const unsigned char* bytes, int size) {
        const std::lock_guard lock(mutex_);
        Use& use = open_[context];
        const std::byte kind{static_cast<unsigned char>(is_plain)};
        use.text.update({&kind, 1}).update(bytes_of(bytes, static_cast<std::size_t>(size)));
    }
    void finish(const void* context) {
        const std::lock_guard lock(mutex_);
        Use& use = open_[context];
        if (!use.encrypts)
            return;
        ++uses;
        const auto cipher = reinterpret_cast<std::uintptr_t>(use.cipher);
        const crypto::Hash under = crypto::Hasher()
                                       .update(use.key)
                                       .update(use.nonce)
                                       .update(std::as_bytes(std::span(&cipher, 1)))
                                       .finish();
        const crypto::Hash text = use.text.finish();
        const auto [known, is_new] = seen_.emplace(under, text);
        if (!is_new)
            ++(known->second == text ? repeated : broken);
    }
    void end(const void* context) {
        const std::lock_guard lock(mutex_);
        open_.erase(context);
    }

    std::size_t uses = 0;
    std::size_t repeated = 0; ///< the same words under the same key and nonce: the same bytes
    std::size_t broken = 0;   ///< other words under them

private:
    static util::Bytes bytes_of(const unsigned char* from, std::size_t size) {
        const auto* bytes = reinterpret_cast<const std::byte*>(from);
        return {bytes, bytes + size};
    }
    std::mutex mutex_;
    std::map<const void*, Use> open_;
    std::map<crypto::Hash, crypto::Hash> seen_;
};

Watcher& watcher() {
    static Watcher one;
    return one;
}

/// The random numbers of a machine that was set back: the same after every rewind().
class RandomNumbers {
public:
    void rewind(std::uint64_t seed) {
        const std::lock_guard lock(mutex_);
        stream_.emplace(seed);
    }
    void let_go() {
        const std::lock_guard lock(mutex_);
        stream_.reset();
    }
    /// False: ask the system.
    bool fill(unsigned char* out, std::size_t size) {
        const std::lock_guard lock(mutex_);
        if (!stream_)
            return false;
        for (std::size_t i = 0; i < size; ++i)
            out[i] = static_cast<unsigned char>((*stream_)());
        return true;
    }

private:
    std::mutex mutex_;
    std::optional<std::mt19937_64> stream_;
};

RandomNumbers& random_numbers() {
    static RandomNumbers one;
    return one;
}

} // namespace

// The names that --wrap wants.
extern "C" {
int __real_EVP_CipherInit_ex(void*, const void*, void*, const unsigned char*, const unsigned char*,
                             int);
int __real_EVP_CipherUpdate(void*, unsigned char*, int*, const unsigned char*, int);
int __real_EVP_CipherFinal_ex(void*, unsigned char*, int*);
void __real_EVP_CIPHER_CTX_free(void*);
void __real_randombytes_buf(void*, std::size_t);

int __wrap_EVP_CipherInit_ex(void* context, const void* cipher, void* engine,
                             const unsigned char* key, const unsigned char* nonce, int encrypts) {
    watcher().begin(context, cipher, key, nonce, encrypts == 1);
    return __real_EVP_CipherInit_ex(context, cipher, engine, key, nonce, encrypts);
}
int __wrap_EVP_CipherUpdate(void* context, unsigned char* out, int* done, const unsigned char* in,
                            int size) {
    watcher().update(context, out != nullptr, in, size); // before: it may lie where `out` does
    return __real_EVP_CipherUpdate(context, out, done, in, size);
}
int __wrap_EVP_CipherFinal_ex(void* context, unsigned char* out, int* done) {
    watcher().finish(context);
    return __real_EVP_CipherFinal_ex(context, out, done);
}
void __wrap_EVP_CIPHER_CTX_free(void* context) {
    watcher().end(context);
    __real_EVP_CIPHER_CTX_free(context);
}
void __wrap_randombytes_buf(void* out, std::size_t size) {
    if (!random_numbers().fill(static_cast<unsigned char*>(out), size))
        __real_randombytes_buf(out, size);
}
}

namespace {

/// A day at the office: something changes.
void change(const std::string& source, std::uint64_t day) {
    fs::create_directories(source);
    write_file(source + "/daily", random_bytes(2000 + day, day));
    write_file(source + "/" + std::to_string(day % 7), "text of day " + std::to_string(day));
    write_file(source + "/large", random_bytes(300'000, day / 5));
}

Result<BackupSummary> back_up_at_level(Repository& repository, const std::string& source,
                                       int level) {
    BackupOptions options;
    options.sources = {source};
    options.threads = 2;
    options.force_read = true;
    options.compression_level = level;
    Told told;
    return backup(repository, options, told, {});
}

class FixedClock final : public util::Clock {
public:
    explicit FixedClock(std::int64_t time) : time_(time) {}
    [[nodiscard]] std::int64_t now() const override { return time_; }

private:
    std::int64_t time_;
};

void issue_to(Repository& founder, const std::string& file, const std::string& holder) {
    must(issue_key(founder, {.role = Role::restore,
                             .holder = holder,
                             .unit = "",
                             .domain = "",
                             .expires = {},
                             .secret = Credential::KeyFile{file}}));
}

} // namespace

TEST_CASE("what goes through libcrypto is watched, and a nonce that is used twice is seen") {
    const crypto::Key key = crypto::Key::random();
    for (const auto suite : {crypto::Suite::xchacha20, crypto::Suite::aes256gcm}) {
        crypto::Aead aead(suite, key);
        const util::Bytes nonce(crypto::nonce_size(suite));
        util::Bytes out(5 + crypto::kTagSize);
        const std::size_t uses = watcher().uses, broken = watcher().broken;
        aead.seal(nonce, {}, util::as_bytes("first"), out);
        CHECK(watcher().uses == uses + 1);
        CHECK(watcher().broken == broken);
        aead.seal(nonce, {}, util::as_bytes("first"), out);
        CHECK(watcher().broken == broken);
        aead.seal(nonce, {}, util::as_bytes("other"), out);
        CHECK(watcher().broken == broken + 1);
        watcher().broken = broken;
    }
}

TEST_CASE("no key and nonce come twice in long runs") {
    const std::size_t before = watcher().uses;
    for (const CipherSuite suite : {CipherSuite::xchacha20, CipherSuite::aes256gcm}) {
        const RepositoryCase repository(suite);
        const std::string source = repository.path("source");
        for (std::uint64_t day = 0; day < 20; ++day) {
            change(source, day);
            Repository backup = repository.open(key::kBackup);
            must(back_up_at_level(backup, source, 3));
            if (day % 10 == 9) {
                Repository reader = repository.open(key::kReader);
                Told told;
                check_all(reader, told);
                Repository founder = repository.open(key::kFounder);
                issue_to(founder, repository.key_file("new" + std::to_string(day)), "Trần Mới");
            }
        }
    }
    CHECK(watcher().uses - before > 500);
    CHECK(watcher().broken == 0);
}

TEST_CASE("no key and nonce come twice where runs die") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    const std::size_t before = watcher().uses;
    std::size_t died = 0;
    for (std::uint64_t run = 0; run < 30; ++run) {
        change(source, run / 5); // the next run has mostly the same to store
        auto store = std::make_unique<store::FaultStore>(repository.store());
        store->plan({.at = 1 + 2 * run,
                     .fault = run % 2 == 0 ? store::Fault::tear : store::Fault::fail,
                     .then = store::FaultPlan::Then::is_dead});
        Told told;
        Result<repo::Access> access =
            repo::open_access_over(std::move(store), repository.options(key::kBackup), told);
        if (!access) {
            ++died;
            continue;
        }
        Repository backup(std::make_unique<Repository::Impl>(Repository::Impl{std::move(*access)}));
        died += back_up_at_level(backup, source, 3) ? 0 : 1;
    }
    CHECK(died > 10);
    CHECK(watcher().uses - before > 100);
    CHECK(watcher().broken == 0);
}

TEST_CASE("no key and nonce come twice on a machine that is set back and repeats its numbers") {
    for (const CipherSuite suite : {CipherSuite::xchacha20, CipherSuite::aes256gcm}) {
        const RepositoryCase repository(suite);
        const std::string source = repository.path("source");
        change(source, 0);
        {
            Repository backup = repository.open(key::kBackup);
            must(back_up_at_level(backup, source, 3));
            Repository founder = repository.open(key::kFounder);
        }
        const Objects store = objects_of(repository);
        const std::string here = repository.path("here"), kept = repository.path("kept");
        fs::copy(here, kept, fs::copy_options::recursive);
        const std::size_t before = watcher().uses;
        for (std::uint64_t life = 0; life < 12; ++life) {
            // All is as it was: the store (or its snapshot, which the operator kept), the state of
            // the machine and its random numbers. What people do is not.
            random_numbers().let_go();
            set_back(repository, store);
            fs::remove_all(here);
            fs::copy(kept, here, fs::copy_options::recursive);
            change(source, 1 + life / 2);
            random_numbers().rewind(4711);
            Repository backup = repository.open(key::kBackup);
            must(back_up_at_level(backup, source, life % 2 == 0 ? 1 : 19));
            random_numbers().rewind(4712);
            Repository founder = repository.open(key::kFounder);
            issue_to(founder, repository.key_file("life" + std::to_string(life)),
                     "Trần Thị " + std::to_string(life));
            Repository reader = repository.open(key::kReader);
            Told told;
            check_all(reader, told);
        }
        random_numbers().let_go();
        CHECK(watcher().uses - before > 200);
    }
    CHECK(watcher().broken == 0);
}

TEST_CASE("a machine alone that is set back writes over nothing") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    change(source, 0);
    {
        Repository backup = repository.open(key::kBackup);
        must(back_up_at_level(backup, source, 3));
    }
    const std::string here = repository.path("here"), kept = repository.path("kept");
    fs::copy(here, kept, fs::copy_options::recursive);
    const auto back_up_at = [&](std::int64_t time) {
        const FixedClock clock(time);
        random_numbers().rewind(4713);
        Repository backup = repository.open(key::kBackup);
        backup.impl().access.clock = &clock;
        auto made = back_up_at_level(backup, source, 3);
        random_numbers().let_go();
        return made;
    };
    const std::int64_t noon = util::system_clock().now();
    const std::string snapshot = must(back_up_at(noon)).snapshot;
    const auto tree = tree_of(source);
    fs::remove_all(here);
    fs::copy(kept, here, fs::copy_options::recursive);
    change(source, 1);
    const Objects before = objects_of(repository);
    SUBCASE("at another time: the session's name is taken, and it says so") {
        const auto made = back_up_at(noon + 10);
        REQUIRE(!made);
        CHECK(made.error().message().find("random generator") != std::string::npos);
    }
    SUBCASE("within the same second: its record's name is taken, and it begins anew") {
        CHECK(must(back_up_at(noon)).snapshot != snapshot);
    }
    check_kept(repository, before);
    // With other numbers it goes on, and what it does not remember is told as no attack.
    Repository later = repository.open(key::kBackup);
    CHECK(back_up_at_level(later, source, 3));
    Repository reader = repository.open(key::kReader);
    CHECK(restore_to(reader, snapshot, source, repository.path("out")).damaged == 0);
    check_same(tree_of(repository.path("out")), tree);
    Told told;
    CHECK_MESSAGE(check_all(reader, told).sound(), told.text());
    CHECK(watcher().broken == 0);
}
