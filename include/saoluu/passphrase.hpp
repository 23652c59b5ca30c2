// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace saoluu {

/// A passphrase in locked memory, in Unicode NFC; wiped when it goes.
class Passphrase {
public:
    /// errors: usage if it is empty or not valid UTF-8
    static Result<Passphrase> from_text(std::string_view text);
    /// The first line of a file, without its line end.
    /// errors: as reading a file; usage
    static Result<Passphrase> from_file(const std::string& path);
    /// Random words of the built-in list: at least 77 bits. To be shown once, to its holder.
    static Passphrase generate();

    Passphrase(Passphrase&&) noexcept;
    Passphrase& operator=(Passphrase&&) noexcept;
    ~Passphrase();

    [[nodiscard]] std::string_view reveal() const;

private:
    struct Impl;
    explicit Passphrase(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// Whether a new passphrase is good enough, and if not, why and what to do.
struct PassphraseVerdict {
    bool good = false;
    std::string reason; ///< for people, translated; empty if good
    std::string advice; ///< said even if good, e.g. of letters with diacritics; may be empty
};

/// At least 14 characters of 4 classes (lower, upper, digit, other), or at least 6 words of the
/// built-in list; and not, as a whole, a common password.
PassphraseVerdict judge_passphrase(std::string_view utf8);

} // namespace saoluu
