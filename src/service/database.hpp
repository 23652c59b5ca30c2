// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace saoluu::service {

/// An SQLite database, wrapped: a file in WAL mode that survives kill -9 and a power cut after
/// each change that was acknowledged. Several processes may open it; one writes at a time, the
/// others wait for up to ten seconds. Used by one thread at a time.
class Database {
public:
    /// A statement with its values. Values are bound in the order of its "?"s, columns count from
    /// 0.
    class Statement {
    public:
        Statement(Statement&&) noexcept;
        Statement& operator=(Statement&&) noexcept;
        ~Statement();

        Statement& bind(std::int64_t value);
        Statement& bind(double value);
        Statement& bind(std::string_view value);
        Statement& bind(std::optional<std::int64_t> value);
        Statement& bind_null();

        /// Whether there is a (next) row.
        Result<bool> step();
        /// Runs a statement that gives no rows.
        Result<void> run();

        [[nodiscard]] std::int64_t number(int column) const;
        [[nodiscard]] double real(int column) const;
        [[nodiscard]] std::string text(int column) const;
        [[nodiscard]] bool is_null(int column) const;
        /// A number, or nothing where there is NULL.
        [[nodiscard]] std::optional<std::int64_t> optional(int column) const;

    private:
        friend class Database;
        struct Impl;
        explicit Statement(std::unique_ptr<Impl> impl);
        std::unique_ptr<Impl> impl_;
    };

    /// Changes that become visible and durable together, or, unless committed, not at all.
    class Transaction {
    public:
        Transaction(Transaction&& other) noexcept;
        Transaction& operator=(Transaction&&) = delete;
        ~Transaction();
        Result<void> commit();

    private:
        friend class Database;
        explicit Transaction(Database* database) : database_(database) {}
        Database* database_;
    };

    enum class Mode {
        write,     ///< made where it is missing, with mode 0600
        read_only, ///< must be there
        in_memory, ///< of no file: the path is for messages
    };

    /// path: of a regular file; beside it come path-wal and path-shm
    /// errors: not_found (read_only), denied, io, no_space; corrupt where it is no database or a
    ///         damaged one
    static Result<Database> open(const std::string& path, Mode mode);

    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    /// Statements without values or rows, with ";" between them.
    Result<void> execute(const std::string& sql);
    /// errors: as open; a mistake in the text is ours, and ends the program
    Result<Statement> prepare(std::string_view sql);
    /// Begins one, as the writer: no other writes until it ends.
    Result<Transaction> begin();

    /// Reads it through for damage (PRAGMA quick_check).
    /// errors: corrupt
    Result<void> check();

private:
    struct Impl;
    explicit Database(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace saoluu::service
