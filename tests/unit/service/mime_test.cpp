// SPDX-License-Identifier: Apache-2.0
#include "service/mime.hpp"

#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include <nlohmann/json.hpp>

namespace saoluu::service {
namespace {

TEST_CASE("a date is written as mail has it") {
    CHECK(mail_date(0) == "Thu, 01 Jan 1970 00:00:00 +0000");
    CHECK(mail_date(1'795'851'422) == "Sat, 28 Nov 2026 07:37:02 +0000");
}

TEST_CASE("a short plain subject stands, others are encoded without breaking a letter") {
    CHECK(header_text("backup failed: a", 9) == "backup failed: a");
    CHECK(header_text("a\r\nBcc: x@y.vn", 9) == "a  Bcc: x@y.vn");
    CHECK(header_text("=?x", 9).starts_with("=?UTF-8?B?"));
    const std::string text = header_text(std::string(200, 'a') + "ộữạếđ", 9);
    for (const char c : text)
        CHECK(static_cast<unsigned char>(c) < 0x80);
}

TEST_CASE("a text in quoted-printable has short lines and loses no blank") {
    CHECK(quoted_printable("a=b \n.\nFrom x\n") == "a=3Db=20\r\n=2E\r\n=46rom x\r\n");
    CHECK(quoted_printable("đ") == "=C4=91\r\n");
    CHECK(quoted_printable("") == "");
    const std::string line = quoted_printable(std::string(200, 'x'));
    CHECK(line.find("=\r\n") == 75);
}

/// Python's package `email` takes letters of random texts apart: it finds what was put in.
TEST_CASE("letters of any text are read as they were written by another program") {
    const test::ScratchFolder folder;
    std::mt19937 random(7);
    nlohmann::json expected = nlohmann::json::array();
    const std::vector<std::string> pieces = {"a",
                                             "Z",
                                             " ",
                                             "=",
                                             "?",
                                             ".",
                                             "_",
                                             "\t",
                                             "\"",
                                             "\\",
                                             ",",
                                             "<",
                                             ">",
                                             "From ",
                                             "đ",
                                             "ộ",
                                             "ữ",
                                             "e\u0302\u0301",
                                             "\U0001F600",
                                             "=?UTF-8?B?",
                                             "\r\nBcc: x@y.vn",
                                             "(",
                                             ")",
                                             ";",
                                             "xxxxxxxxxxxxxxxxxx"};
    for (int i = 0; i < 300; ++i) {
        const auto text = [&](unsigned most) {
            std::string all;
            for (std::size_t k = random() % most; k > 0; --k)
                all += pieces[random() % pieces.size()];
            return all;
        };
        std::string subject = "s" + text(60) + "e", body = text(200);
        if (i % 3 == 0)
            body += "\n" + text(100) + "\n\n" + text(5) + "\n";
        const std::string letter = mime_of({.id = "id" + std::to_string(i),
                                            .at = 1'795'851'422,
                                            .from = "saoluu@xa.example.vn",
                                            .from_name = "saoluu",
                                            .to = {"a@example.vn", "b@example.vn"},
                                            .subject = subject,
                                            .text = body});
        std::ofstream(folder / (std::to_string(i) + ".eml"), std::ios::binary) << letter;
        expected.push_back({{"subject", subject}, {"body", body}});
    }
    std::ofstream(folder / "expected.json") << expected.dump();
    std::ofstream(folder / "read.py") << R"(
import email, email.policy, json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
for number, letter in enumerate(json.loads((folder / "expected.json").read_text())):
    raw = (folder / f"{number}.eml").read_bytes()
    read = email.message_from_bytes(raw, policy=email.policy.default)
    clean = "".join(" " if ord(c) < 32 else c for c in letter["subject"])
    assert read["Subject"] == clean, (number, read["Subject"], clean)
    body = letter["body"].replace("\r\n", "\n")
    if body and not body.endswith("\n"):
        body += "\n"
    assert read.get_content().replace("\r\n", "\n") == body, (number, read.get_content(), body)
    assert sorted(read.keys()) == sorted(["Date", "From", "To", "Subject", "Message-ID",
        "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted"])
    assert [a.addr_spec for a in read["To"].addresses] == ["a@example.vn", "b@example.vn"]
    assert read["From"].addresses[0].addr_spec == "saoluu@xa.example.vn"
    assert not read.defects, read.defects
    assert all(len(line) <= 78 for line in raw.split(b"\r\n")), number
    raw.decode("ascii")
)";
    const std::string command = "/usr/bin/python3 " + (folder / "read.py") + " " + folder.path();
    CHECK(std::system(command.c_str()) == 0);
}

} // namespace
} // namespace saoluu::service
