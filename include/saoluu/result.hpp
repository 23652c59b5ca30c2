// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <tl/expected.hpp>

namespace saoluu {

/// What went wrong, for code to act on. The message is for people.
enum class ErrorKind {
    failure,       ///< anything that has no kind of its own
    usage,         ///< the request makes no sense
    not_found,     ///< the named thing is not there
    exists,        ///< the named thing is there already
    denied,        ///< permission refused by the system or the store
    io,            ///< the system or the store failed
    no_space,      ///< disk, quota or file system full
    no_memory,     ///< memory asked for could not be had
    corrupt,       ///< bytes are not what they must be
    unsupported,   ///< a version, suite or feature this program does not know
    no_repository, ///< there is no repository at that place
    wrong_key,     ///< the key opens nothing here, or its role may not do this
    refused,       ///< a brake stopped it
    interrupted,   ///< a person or the system asked to stop
};

/// The words of --json: "no_space".
const char* name_of(ErrorKind kind);

/// An error: a kind for code, a message for people, never a secret.
class Error {
public:
    Error(ErrorKind kind, std::string message, int system_code = 0)
        : kind_(kind), system_code_(system_code), message_(std::move(message)) {}

    [[nodiscard]] ErrorKind kind() const { return kind_; }
    [[nodiscard]] const std::string& message() const { return message_; }
    /// errno or HTTP status where there was one, else 0
    [[nodiscard]] int system_code() const { return system_code_; }
    /// Trying the same again later may help.
    [[nodiscard]] bool may_retry() const { return may_retry_; }

    Error&& with_retry() && {
        may_retry_ = true;
        return std::move(*this);
    }
    /// The same error as seen from one layer further up: "what: message".
    Error&& within(std::string_view what) && {
        message_.insert(0, ": ").insert(0, what);
        return std::move(*this);
    }

private:
    ErrorKind kind_;
    int system_code_;
    bool may_retry_ = false;
    std::string message_;
};

using Failure = tl::unexpected<Error>;

/// A value, or the error that kept it from being made.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
public:
    using tl::expected<T, Error>::expected;

    /// The same result; an error gets `what` put before its message.
    Result within(std::string_view what) && {
        if (!this->has_value())
            return Failure(std::move(this->error()).within(what));
        return std::move(*this);
    }
};

/// A failure to return: `return fail(ErrorKind::corrupt, "…")`.
[[nodiscard]] inline Failure fail(ErrorKind kind, std::string message, int system_code = 0) {
    return Failure(Error(kind, std::move(message), system_code));
}

namespace detail {
template <class R>
decltype(auto) take(R& result) {
    if constexpr (!std::is_void_v<typename R::value_type>)
        return std::move(*result);
}
} // namespace detail
} // namespace saoluu

/// The value of a Result, or return its error from the function around.
#define TRY(expression) SAOLUU_TRY_NAMED(expression, __COUNTER__)
#define SAOLUU_TRY_NAMED(expression, number) SAOLUU_TRY_WITH(expression, number)
#define SAOLUU_TRY_WITH(expression, number)                                                        \
    __extension__({                                                                                \
        auto try_##number = (expression);                                                          \
        if (!try_##number)                                                                         \
            return ::saoluu::Failure(std::move(try_##number).error());                             \
        ::saoluu::detail::take<std::remove_reference_t<decltype(try_##number)>>(try_##number);     \
    })
