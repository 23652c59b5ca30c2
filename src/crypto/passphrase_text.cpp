// SPDX-License-Identifier: Apache-2.0
#include "saoluu/passphrase.hpp"

#include "crypto/secret.hpp"
#include "util/assert.hpp"
#include "util/bytes.hpp"
#include "util/file.hpp"
#include "util/text.hpp"
#include "util/words.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace saoluu {
namespace {

/// More than anyone types; a larger file is not a passphrase but a mistake.
constexpr std::size_t kMostFileBytes = 16 * 1024;
/// 11 bits each: 77 bits, which Argon2id at its least cost puts out of any reach.
constexpr std::size_t kGeneratedWords = 7;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::span<std::byte> memory_of(std::string& text) {
    return std::as_writable_bytes(std::span(text));
}

/// A number below 2048, each equally likely.
std::size_t random_word() {
    std::array<std::byte, 2> bytes{};
    crypto::random_bytes(bytes);
    return util::load_le<std::uint16_t>(bytes.data()) % util::passphrase_words().size();
}

} // namespace

struct Passphrase::Impl {
    crypto::SecretBytes text;
};

Passphrase::Passphrase(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Passphrase::Passphrase(Passphrase&&) noexcept = default;
Passphrase& Passphrase::operator=(Passphrase&&) noexcept = default;
Passphrase::~Passphrase() = default;

std::string_view Passphrase::reveal() const {
    return util::as_text(impl_->text.view());
}

Result<Passphrase> Passphrase::from_text(std::string_view text) {
    TRY(crypto::start());
    if (text.empty())
        return fail(ErrorKind::usage, util::tr("the passphrase is empty"));
    if (!util::is_text(text))
        return fail(ErrorKind::usage,
                    util::tr("the passphrase is not valid UTF-8 text: check the keyboard's or the "
                             "file's encoding"));
    const bool ascii = std::all_of(text.begin(), text.end(),
                                   [](char c) { return static_cast<signed char>(c) >= 0; });
    if (ascii) // is in NFC already, and no copy of it is made in common memory
        return Passphrase(
            std::make_unique<Impl>(Impl{crypto::SecretBytes::copy_of(util::as_bytes(text))}));
    std::string normal = TRY(util::to_nfc(text));
    auto impl = std::make_unique<Impl>(Impl{crypto::SecretBytes::copy_of(util::as_bytes(normal))});
    crypto::wipe(memory_of(normal));
    return Passphrase(std::move(impl));
}

Result<Passphrase> Passphrase::from_file(const std::string& path) {
    Result<util::Bytes> file = util::read_file(path, kMostFileBytes);
    if (!file && file.error().kind() == ErrorKind::corrupt) // only large: it damages nothing
        return fail(ErrorKind::usage, file.error().message());
    util::Bytes bytes = TRY(std::move(file));
    std::string_view line = util::as_text(bytes);
    if (line.starts_with(kByteOrderMark)) // which editors of Windows put there, and nobody types
        line.remove_prefix(kByteOrderMark.size());
    line = line.substr(0, line.find('\n'));
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    Result<Passphrase> passphrase = from_text(line);
    crypto::wipe(bytes);
    return std::move(passphrase).within(util::printable(path));
}

Passphrase Passphrase::generate() {
    ASSERT(crypto::start().has_value()); // nothing is random without it
    const auto words = util::passphrase_words();
    static_assert(65536 % 2048 == 0, "so that % keeps all words equally likely");
    crypto::SecretBytes buffer(kGeneratedWords * 8);
    std::size_t size = 0;
    for (std::size_t i = 0; i < kGeneratedWords; ++i) {
        const std::string_view word = words[random_word()];
        if (i > 0)
            buffer.writable()[size++] = std::byte{'-'};
        std::ranges::copy(util::as_bytes(word), buffer.writable().data() + size);
        size += word.size();
    }
    return Passphrase(
        std::make_unique<Impl>(Impl{crypto::SecretBytes::copy_of(buffer.view().first(size))}));
}

} // namespace saoluu
