// SPDX-License-Identifier: Apache-2.0
#include "service/database.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include <cerrno>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace saoluu::service {
namespace {
using util::message;
using util::printable;
using util::tr;

constexpr int kPatienceMs = 10'000;
/// Checkpoints by pages keep the log small; more than this of it is given back to the disk.
constexpr const char* kSettings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                                  "PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 1048576;";

ErrorKind kind_of(int code) {
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_SCHEMA:
        return ErrorKind::corrupt;
    case SQLITE_FULL:
        return ErrorKind::no_space;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        return ErrorKind::denied;
    case SQLITE_NOMEM:
        return ErrorKind::no_memory;
    default:
        return ErrorKind::io;
    }
}

} // namespace

struct Database::Impl {
    explicit Impl(std::string named) : path(std::move(named)) {}
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() { ::sqlite3_close_v2(handle); }

    std::string path;
    sqlite3* handle = nullptr;

    [[nodiscard]] Failure failure(int code) const {
        const int system = handle == nullptr ? 0 : ::sqlite3_system_errno(handle);
        if ((code & 0xff) == SQLITE_CANTOPEN && system != 0)
            return Failure(util::system_error(system, printable(path)));
        const ErrorKind kind =
            system == ENOSPC || system == EDQUOT ? ErrorKind::no_space : kind_of(code);
        return fail(kind,
                    message("{}: {}", printable(path),
                            handle == nullptr ? ::sqlite3_errstr(code) : ::sqlite3_errmsg(handle)));
    }
};

struct Database::Statement::Impl {
    Impl(Database::Impl& owner, sqlite3_stmt* prepared) : database(owner), handle(prepared) {}
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() { ::sqlite3_finalize(handle); }

    Database::Impl& database; ///< on the heap, so that a Database may be moved
    sqlite3_stmt* handle;
    int next = 1;          ///< value to be bound
    int bound = SQLITE_OK; ///< the first that went wrong

    void take(int code) {
        ++next;
        if (bound == SQLITE_OK)
            bound = code;
    }
};

Database::Statement::Statement(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::Statement::Statement(Statement&&) noexcept = default;
Database::Statement& Database::Statement::operator=(Statement&&) noexcept = default;
Database::Statement::~Statement() = default;

Database::Statement& Database::Statement::bind(std::int64_t value) {
    impl_->take(::sqlite3_bind_int64(impl_->handle, impl_->next, value));
    return *this;
}

Database::Statement& Database::Statement::bind(double value) {
    impl_->take(::sqlite3_bind_double(impl_->handle, impl_->next, value));
    return *this;
}

Database::Statement& Database::Statement::bind(std::string_view value) {
    // Without an address it would be NULL, not empty.
    impl_->take(::sqlite3_bind_text64(impl_->handle, impl_->next,
                                      value.data() == nullptr ? "" : value.data(), value.size(),
                                      SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Database::Statement& Database::Statement::bind(std::optional<std::int64_t> value) {
    return value ? bind(*value) : bind_null();
}

Database::Statement& Database::Statement::bind_null() {
    impl_->take(::sqlite3_bind_null(impl_->handle, impl_->next));
    return *this;
}

Result<bool> Database::Statement::step() {
    if (impl_->bound != SQLITE_OK)
        return impl_->database.failure(impl_->bound);
    const int code = ::sqlite3_step(impl_->handle);
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    Failure why = impl_->database.failure(code);
    (void)::sqlite3_reset(impl_->handle);
    return why;
}

Result<void> Database::Statement::run() {
    while (TRY(step()))
        continue;
    return {};
}

std::int64_t Database::Statement::number(int column) const {
    return ::sqlite3_column_int64(impl_->handle, column);
}

double Database::Statement::real(int column) const {
    return ::sqlite3_column_double(impl_->handle, column);
}

std::string Database::Statement::text(int column) const {
    const auto* const bytes = ::sqlite3_column_blob(impl_->handle, column);
    const int size = ::sqlite3_column_bytes(impl_->handle, column);
    return bytes == nullptr
               ? ""
               : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

bool Database::Statement::is_null(int column) const {
    return ::sqlite3_column_type(impl_->handle, column) == SQLITE_NULL;
}

std::optional<std::int64_t> Database::Statement::optional(int column) const {
    if (is_null(column))
        return {};
    return number(column);
}

Database::Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Database::Transaction::~Transaction() {
    if (database_ != nullptr)
        (void)database_->execute("ROLLBACK"); // SQLite may have done so itself, after an error
}

Result<void> Database::Transaction::commit() {
    TRY(database_->execute("COMMIT"));
    database_ = nullptr;
    return {};
}

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::string& path, Mode mode) {
    if (mode == Mode::write) // SQLite would make it with the umask's rights
        TRY(util::open_path(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
    else if (mode == Mode::read_only && ::access(path.c_str(), F_OK) != 0)
        return util::system_failure(path);
    Database database(std::make_unique<Impl>(path));
    // Not SQLITE_OPEN_NOFOLLOW: that refuses a link in any folder of the path, as /var may be one.
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    Impl& impl = *database.impl_;
    const char* const file = mode == Mode::in_memory ? ":memory:" : path.c_str();
    if (const int code = ::sqlite3_open_v2(file, &impl.handle, flags, nullptr); code != SQLITE_OK)
        return impl.failure(code);
    (void)::sqlite3_busy_timeout(impl.handle, kPatienceMs);
    // The file may be anybody's work: no functions or pages of a schema that could do harm.
    (void)::sqlite3_db_config(impl.handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    (void)::sqlite3_db_config(impl.handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    if (mode == Mode::write)
        TRY(database.execute(kSettings));
    return database;
}

Result<void> Database::execute(const std::string& sql) {
    if (const int code = ::sqlite3_exec(impl_->handle, sql.c_str(), nullptr, nullptr, nullptr);
        code != SQLITE_OK)
        return impl_->failure(code);
    return {};
}

Result<Database::Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* handle = nullptr;
    const int code = ::sqlite3_prepare_v3(impl_->handle, sql.data(), static_cast<int>(sql.size()),
                                          0, &handle, nullptr);
    if (code != SQLITE_OK)
        return impl_->failure(code);
    return Statement(std::make_unique<Statement::Impl>(*impl_, handle));
}

Result<Database::Transaction> Database::begin() {
    TRY(execute("BEGIN IMMEDIATE"));
    return Transaction(this);
}

Result<void> Database::check() {
    Statement statement = TRY(prepare("PRAGMA quick_check(1)"));
    if (TRY(statement.step()) && statement.text(0) != "ok")
        return fail(ErrorKind::corrupt,
                    message("{}: {}", printable(impl_->path), printable(statement.text(0))));
    return {};
}

} // namespace saoluu::service
