// SPDX-License-Identifier: Apache-2.0
#include "format/text_objects.hpp"

#include "samples.hpp"

#include <cctype>

using namespace saoluu;
using namespace saoluu::format;
using format::test::fails;
using format::test::must;
using format::test::Random;

namespace {

FormatObject some_format(Random& random) {
    return FormatObject::make(random.id<Hash>(), random.id<crypto::SignPublic>(),
                              random.id<crypto::SealPublic>());
}

PlaceObject some_place(Random& random) {
    return {.repository = random.id<RepositoryId>(),
            .place = random.id<PlaceId>(),
            .facts = {{"created", "1700000000"},
                      {"exclusive-create", "yes"},
                      {"note", "two words, and  more "}}};
}

KeyFile some_key_file(Random& random) {
    KeyFile file;
    file.repository = random.id<RepositoryId>();
    file.slot = random.id<SlotId>();
    file.sign_seed = crypto::Key::random();
    file.seal_secret = crypto::Key::random();
    return file;
}

/// The same lines behind other ones or in another form, with a check line that fits.
std::string resealed(const std::string& text, const std::string& from, const std::string& to) {
    std::string lines = text.substr(0, text.rfind("check "));
    const std::size_t at = lines.find(from);
    REQUIRE(at != std::string::npos);
    return encode_readme(lines.replace(at, from.size(), to));
}

} // namespace

TEST_CASE("the format object comes back, and its id is the hash of the founder's halves") {
    Random random;
    INFO("seed ", random.seed());
    const FormatObject object = some_format(random);
    const std::string text = object.encode();
    CHECK(text.starts_with("saoluu repository\nversion 1\nrepository "));
    const FormatObject decoded = must(FormatObject::decode(util::as_bytes(text)));
    CHECK(decoded.repository == object.repository);
    CHECK(decoded.random == object.random);
    CHECK(decoded.founder_sign == object.founder_sign);
    CHECK(decoded.founder_seal == object.founder_seal);
    FormatObject other = object;
    other.founder_sign = random.id<crypto::SignPublic>();
    CHECK(fails(FormatObject::decode(util::as_bytes(other.encode())), ErrorKind::corrupt));
}

TEST_CASE("a place comes back, and says what its store can do only where it says yes") {
    Random random;
    INFO("seed ", random.seed());
    PlaceObject object = some_place(random);
    const PlaceObject decoded = must(PlaceObject::decode(util::as_bytes(object.encode())));
    CHECK(decoded.repository == object.repository);
    CHECK(decoded.place == object.place);
    CHECK(decoded.facts == object.facts);
    CHECK(decoded.exclusive_create());
    object.facts["exclusive-create"] = "no";
    CHECK_FALSE(must(PlaceObject::decode(util::as_bytes(object.encode()))).exclusive_create());
    object.facts.clear();
    CHECK_FALSE(must(PlaceObject::decode(util::as_bytes(object.encode()))).exclusive_create());
}

TEST_CASE("a key file comes back, and what is no key file is a wrong key") {
    Random random;
    INFO("seed ", random.seed());
    const KeyFile file = some_key_file(random);
    const crypto::SecretBytes text = file.encode();
    const KeyFile decoded = must(KeyFile::decode(text.view()));
    CHECK(decoded.repository == file.repository);
    CHECK(decoded.slot == file.slot);
    CHECK(util::equal(decoded.sign_seed.view(), file.sign_seed.view()));
    CHECK(util::equal(decoded.seal_secret.view(), file.seal_secret.view()));
    CHECK(fails(KeyFile::decode(util::as_bytes("a passphrase\n")), ErrorKind::wrong_key));
    CHECK(fails(KeyFile::decode({}), ErrorKind::wrong_key));
    CHECK(
        fails(KeyFile::decode(util::as_bytes(some_format(random).encode())), ErrorKind::wrong_key));
}

TEST_CASE("a flipped bit or a cut anywhere in a text object is refused") {
    Random random;
    INFO("seed ", random.seed());
    const std::string format = some_format(random).encode();
    const std::string place = some_place(random).encode();
    const crypto::SecretBytes key_file = some_key_file(random).encode();
    const auto no_format = [](BytesView bytes) { CHECK_FALSE(FormatObject::decode(bytes)); };
    const auto no_place = [](BytesView bytes) { CHECK_FALSE(PlaceObject::decode(bytes)); };
    const auto no_key = [](BytesView bytes) { CHECK_FALSE(KeyFile::decode(bytes)); };
    format::test::every_flipped_bit(util::as_bytes(format), no_format);
    format::test::every_flipped_bit(util::as_bytes(place), no_place);
    format::test::every_flipped_bit(key_file.view(), no_key);
    format::test::every_wrong_length(util::as_bytes(format), no_format);
    format::test::every_wrong_length(util::as_bytes(place), no_place);
    format::test::every_wrong_length(key_file.view(), no_key);
}

TEST_CASE("a newer version is told before the rest is looked at, its check line too") {
    Random random;
    INFO("seed ", random.seed());
    for (const std::string& text :
         {std::string("saoluu repository\nversion 2\nwhatever\n"),
          std::string("saoluu repository\nversion 123456789\n"),
          resealed(some_format(random).encode(), "version 1", "version 2")}) {
        const auto decoded = FormatObject::decode(util::as_bytes(text));
        REQUIRE(fails(decoded, ErrorKind::unsupported));
        CHECK(decoded.error().message().find("version ") != std::string::npos);
    }
    CHECK(fails(PlaceObject::decode(util::as_bytes("saoluu place\nversion 2\n")),
                ErrorKind::unsupported));
    CHECK(fails(KeyFile::decode(util::as_bytes("saoluu key file\nversion 2\n")),
                ErrorKind::unsupported));
    for (const char* no_version : {"version 0", "version 01", "version", "version ", "version 1 ",
                                   "version x", "version 1234567890"}) {
        const std::string text = "saoluu repository\n" + std::string(no_version) + "\nx\n";
        CHECK(fails(FormatObject::decode(util::as_bytes(text)), ErrorKind::corrupt));
    }
}

TEST_CASE("a format object has no other form") {
    Random random;
    INFO("seed ", random.seed());
    const FormatObject object = some_format(random);
    const std::string text = object.encode();
    const std::string upper = [&] {
        std::string hex = object.random.hex();
        for (char& c : hex)
            c = static_cast<char>(std::toupper(c));
        return hex;
    }();
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
             {"random " + object.random.hex(), "random " + upper},
             {"random ", "random  "},
             {"random ", "Random "},
             {"random ", ""},
             {"random " + object.random.hex() + "\n", ""},
             {object.random.hex(), object.random.hex() + "00"},
             {"founder-sign", "founder-seal"},
             {"version 1\n", "version 1\n\n"},
             {"\nfounder-seal", "\nmore x\nfounder-seal"},
             {object.founder_seal.hex() + "\n", object.founder_seal.hex() + "\nmore x\n"}}) {
        const std::string change = from + " -> " + to;
        INFO(change);
        const std::string other = resealed(text, from, to);
        // Unless it happens to be the same: hex without a letter has no upper case.
        CHECK(FormatObject::decode(util::as_bytes(other)).has_value() == (other == text));
    }
}

TEST_CASE("the lines of a place have one order, one name each, and one line") {
    Random random;
    INFO("seed ", random.seed());
    const std::string text = some_place(random).encode();
    for (const char* line :
         {"created 1\n", "alone\n", "alone \n", " x\n", "check x\n", "\xc3\xaa x\n",
          "exclusive-create maybe\n", "\n", "a \xff\n", "zz x\nzz y\n", "zz x\nzy y\n"}) {
        INFO(line);
        const std::string other = resealed(text, "note two words, and  more \n", line);
        CHECK(fails(PlaceObject::decode(util::as_bytes(other)), ErrorKind::corrupt));
    }
    const std::string unknown =
        resealed(text, "note two words, and  more \n", "what-a-later-version-writes x y\n");
    CHECK(PlaceObject::decode(util::as_bytes(unknown)));
}

TEST_CASE("a text for a person is kept with a check line") {
    const std::string text = encode_readme("Đừng sửa thư mục này.");
    CHECK(must(text_without_check(util::as_bytes(text))) == "Đừng sửa thư mục này.\n");
    CHECK(must(text_without_check(util::as_bytes(encode_readme("a\n")))) == "a\n");
    CHECK(fails(text_without_check(util::as_bytes("a\n")), ErrorKind::corrupt));
    CHECK(fails(text_without_check({}), ErrorKind::corrupt));
    const std::string far_too_long(limits::kTextObject + 1, 'x');
    CHECK(fails(text_without_check(util::as_bytes(far_too_long)), ErrorKind::corrupt));
    CHECK(fails(PlaceObject::decode(util::as_bytes(far_too_long)), ErrorKind::corrupt));
}
