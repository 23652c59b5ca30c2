// SPDX-License-Identifier: Apache-2.0
#include "format/text_objects.hpp"

#include "format/secret_writer.hpp"
#include "util/assert.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace saoluu::format {
namespace {

using util::message;
using util::tr;

constexpr std::string_view kVersionLine = "version 1";
constexpr std::string_view kCheckWord = "check ";
constexpr std::size_t kCheckSize = kCheckWord.size() + Hash::size * 2 + 1; // with its line end

Failure malformed(const char* what) {
    return fail(ErrorKind::corrupt, what);
}

std::string with_check_line(std::string text) {
    const Hash check = crypto::hash(util::as_bytes(text));
    text += kCheckWord;
    text += check.hex();
    text += '\n';
    ASSERT(text.size() <= limits::kTextObject);
    return text;
}

/// Takes lines off a text object whose check line holds.
class Lines {
public:
    explicit Lines(std::string_view text) : left_(text) {}

    std::optional<std::string_view> next() {
        const std::size_t end = left_.find('\n');
        if (end == std::string_view::npos)
            return std::nullopt;
        const std::string_view line = left_.substr(0, end);
        left_.remove_prefix(end + 1);
        return line;
    }
    [[nodiscard]] bool at_end() const { return left_.empty(); }

private:
    std::string_view left_;
};

bool is_other_version(std::string_view line) {
    constexpr std::string_view word = "version ";
    if (!line.starts_with(word) || line == kVersionLine)
        return false;
    line.remove_prefix(word.size());
    return !line.empty() && line.size() <= 9 && line.front() != '0' &&
           std::all_of(line.begin(), line.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The lines behind title and version. The version comes before everything else, the check line
/// too: a newer version may have another one.
Result<Lines> lines_of(BytesView bytes, std::string_view title) {
    if (bytes.size() > limits::kTextObject)
        return malformed(tr("it is too large"));
    Lines head(util::as_text(bytes));
    if (head.next() != title)
        return malformed(tr("it does not begin as an object of saoluu does"));
    const auto version = head.next();
    if (version && is_other_version(*version))
        return fail(
            ErrorKind::unsupported,
            message(tr("it has \"{}\", which is not known to this version of saoluu"), *version));
    if (version != kVersionLine)
        return malformed(tr("its version line is malformed"));
    const std::string_view text = TRY(text_without_check(bytes));
    Lines lines(text);
    lines.next();
    lines.next();
    return lines;
}

/// "name value": the value of the next line.
Result<std::string_view> value_of(Lines& lines, std::string_view name) {
    const auto line = lines.next();
    if (!line || !line->starts_with(name) || line->substr(name.size(), 1) != " ")
        return fail(ErrorKind::corrupt,
                    message(tr("the line \"{}\" is not where it must be"), name));
    return line->substr(name.size() + 1);
}

template <class IdType>
Result<IdType> id_of(Lines& lines, std::string_view name) {
    const std::string_view value = TRY(value_of(lines, name));
    const auto id = IdType::from_hex_text(value);
    if (!id)
        return fail(ErrorKind::corrupt, message(tr("the line \"{}\" is malformed"), name));
    return *id;
}

/// Hex without a copy in ordinary memory.
Result<crypto::Key> secret_of(Lines& lines, std::string_view name) {
    const std::string_view value = TRY(value_of(lines, name));
    crypto::Key key;
    const auto out = key.writable();
    const auto digit = [](char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    bool good = value.size() == out.size() * 2;
    for (std::size_t i = 0; good && i < out.size(); ++i) {
        const int high = digit(value[2 * i]);
        const int low = digit(value[2 * i + 1]);
        good = high >= 0 && low >= 0;
        if (good)
            out[i] = static_cast<std::byte>(high * 16 + low);
    }
    if (!good)
        return fail(ErrorKind::corrupt, message(tr("the line \"{}\" is malformed"), name));
    return key;
}

Result<void> no_more(const Lines& lines) {
    if (!lines.at_end())
        return malformed(tr("it has lines that do not belong there"));
    return {};
}

RepositoryId repository_id(const FormatObject& object) {
    crypto::Tuple tuple("saoluu/1/repository");
    tuple.add(object.random.view()).add(object.founder_sign.view()).add(object.founder_seal.view());
    return RepositoryId::from(crypto::hash(tuple.view()).view());
}

std::string line(std::string_view name, std::string_view value) {
    return fmt::format("{} {}\n", name, value);
}

constexpr std::string_view kExclusiveCreate = "exclusive-create";
constexpr std::string_view kLockDays = "lock-days";
constexpr std::string_view kLockMode = "lock-mode";
constexpr std::string_view kGovernance = "governance";
constexpr std::string_view kCompliance = "compliance";

/// 1 to 99,999, of its shortest form; 0 for anything else.
unsigned days_of(std::string_view text) {
    unsigned days = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), days);
    const bool is_whole = code == std::errc() && end == text.data() + text.size();
    return is_whole && text.size() <= 5 && text.front() != '0' ? days : 0;
}

/// A fact's line can be read back: printable name, value of one line.
bool is_fact(std::string_view name, std::string_view value) {
    return !name.empty() && name != "check" &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; }) &&
           !value.empty() && value.find('\n') == std::string_view::npos && util::is_text(value) &&
           (name != kExclusiveCreate || value == "yes" || value == "no") &&
           (name != kLockDays || days_of(value) != 0) &&
           (name != kLockMode || value == kGovernance || value == kCompliance);
}

} // namespace

Result<std::string_view> text_without_check(BytesView bytes) {
    const std::string_view text = util::as_text(bytes);
    if (text.size() > limits::kTextObject)
        return malformed(tr("it is too large"));
    if (text.size() >= kCheckSize && text.back() == '\n') {
        const std::string_view content = text.substr(0, text.size() - kCheckSize);
        const std::string_view check = text.substr(content.size(), kCheckSize - 1);
        if ((content.empty() || content.back() == '\n') && check.starts_with(kCheckWord) &&
            check.substr(kCheckWord.size()) == crypto::hash(util::as_bytes(content)).hex())
            return content;
    }
    return malformed(tr("it is damaged: its check line does not fit"));
}

std::string encode_readme(std::string_view text) {
    std::string content(text);
    if (!content.ends_with('\n'))
        content += '\n';
    return with_check_line(std::move(content));
}

FormatObject FormatObject::make(const Hash& random, const crypto::SignPublic& sign,
                                const crypto::SealPublic& seal) {
    FormatObject object{
        .repository = {}, .random = random, .founder_sign = sign, .founder_seal = seal};
    object.repository = repository_id(object);
    return object;
}

std::string FormatObject::encode() const {
    return with_check_line(line("saoluu", "repository") + line("version", "1") +
                           line("repository", repository.hex()) + line("random", random.hex()) +
                           line("founder-sign", founder_sign.hex()) +
                           line("founder-seal", founder_seal.hex()));
}

Result<FormatObject> FormatObject::decode(BytesView bytes) {
    Lines lines = TRY(lines_of(bytes, "saoluu repository"));
    FormatObject object;
    object.repository = TRY(id_of<RepositoryId>(lines, "repository"));
    object.random = TRY(id_of<Hash>(lines, "random"));
    object.founder_sign = TRY(id_of<crypto::SignPublic>(lines, "founder-sign"));
    object.founder_seal = TRY(id_of<crypto::SealPublic>(lines, "founder-seal"));
    TRY(no_more(lines));
    if (object.repository != repository_id(object))
        return malformed(tr("its repository id is not the hash of the founder's keys"));
    return object;
}

bool PlaceObject::exclusive_create() const {
    const auto found = facts.find(std::string(kExclusiveCreate));
    return found != facts.end() && found->second == "yes";
}

Retention PlaceObject::retention() const {
    const auto days = facts.find(std::string(kLockDays));
    if (days == facts.end())
        return {};
    const auto mode = facts.find(std::string(kLockMode));
    return {.days = days_of(days->second),
            .mode = mode != facts.end() && mode->second == kGovernance
                        ? Retention::Mode::governance
                        : Retention::Mode::compliance};
}

PlaceObject new_place(const RepositoryId& repository, std::map<std::string, std::string> facts,
                      const Retention& retention, Time now) {
    facts.insert_or_assign("created", fmt::format("{}", now));
    if (retention.days != 0) {
        facts.insert_or_assign(std::string(kLockDays), fmt::format("{}", retention.days));
        facts.insert_or_assign(
            std::string(kLockMode),
            std::string(retention.mode == Retention::Mode::governance ? kGovernance : kCompliance));
    }
    return {
        .repository = repository, .place = crypto::random_id<PlaceId>(), .facts = std::move(facts)};
}

std::string PlaceObject::encode() const {
    std::string text = line("saoluu", "place") + line("version", "1") +
                       line("repository", repository.hex()) + line("place", place.hex());
    for (const auto& [name, value] : facts) {
        ASSERT(is_fact(name, value));
        text += line(name, value);
    }
    return with_check_line(std::move(text));
}

Result<PlaceObject> PlaceObject::decode(BytesView bytes) {
    Lines lines = TRY(lines_of(bytes, "saoluu place"));
    PlaceObject object;
    object.repository = TRY(id_of<RepositoryId>(lines, "repository"));
    object.place = TRY(id_of<PlaceId>(lines, "place"));
    while (!lines.at_end()) {
        const std::string_view fact = lines.next().value_or("");
        const std::size_t space = fact.find(' ');
        if (space == std::string_view::npos ||
            !is_fact(fact.substr(0, space), fact.substr(space + 1)))
            return malformed(tr("it has a malformed line"));
        const std::string name(fact.substr(0, space));
        if (!object.facts.empty() && name <= object.facts.rbegin()->first)
            return malformed(tr("its lines are not in order"));
        object.facts.emplace_hint(object.facts.end(), name, fact.substr(space + 1));
    }
    return object;
}

crypto::SecretBytes KeyFile::encode() const {
    const std::string head = line("saoluu", "key file") + line("version", "1") +
                             line("repository", repository.hex()) + line("slot", slot.hex());
    constexpr std::string_view sign = "sign ", seal = "seal ";
    SecretWriter out(head.size() + 2 * (sign.size() + 64 + 1) + kCheckSize);
    out.raw_text(head);
    out.raw_text(sign).hex(sign_seed.view()).raw_text("\n");
    out.raw_text(seal).hex(seal_secret.view()).raw_text("\n");
    const Hash check = crypto::hash(out.view());
    out.raw_text(kCheckWord).raw_text(check.hex()).raw_text("\n");
    return out.take();
}

Result<KeyFile> KeyFile::decode(BytesView bytes) {
    const auto parse = [&]() -> Result<KeyFile> {
        Lines lines = TRY(lines_of(bytes, "saoluu key file"));
        KeyFile file;
        file.repository = TRY(id_of<RepositoryId>(lines, "repository"));
        file.slot = TRY(id_of<SlotId>(lines, "slot"));
        file.sign_seed = TRY(secret_of(lines, "sign"));
        file.seal_secret = TRY(secret_of(lines, "seal"));
        TRY(no_more(lines));
        return file;
    };
    auto file = parse();
    // A key file is no part of a repository: damaged, it is a key that opens nothing.
    if (!file && file.error().kind() == ErrorKind::corrupt)
        return fail(ErrorKind::wrong_key,
                    message(tr("this is no key file of saoluu, or it is damaged: {}"),
                            file.error().message()));
    return file;
}

} // namespace saoluu::format
