// SPDX-License-Identifier: Apache-2.0
#include "config/server_address.hpp"

#include "config_case.hpp"

#include <doctest/doctest.h>

namespace saoluu::config {
namespace {

using test::ConfigCase;

const std::string kStore = "[[store]]\nname = \"nas\"\nurl = \"/mnt/nas/saoluu\"\n"; // lines 1 to 3

/// A case with files of a password and a token beside the config file.
struct NotifyCase : ConfigCase {
    NotifyCase() {
        write("mat-khau thu\r\nsecond line\n", 0600, "mail.password");
        write("the-cua-webhook\n", 0600, "webhook.token");
    }
    Result<NotifyConfig> notify(const std::string& text) {
        auto config = load(kStore + text);
        if (!config)
            return Failure(config.error());
        return config->notify;
    }
    std::string error(const std::string& text) { return error_of(kStore + text); }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

const std::string kMail = "[notify.mail]\nserver = \"smtp://mail.example.vn\"\n"
                          "from = \"saoluu@example.vn\"\nto = [\"a@example.vn\"]\n";

TEST_CASE("without a table nobody is told, by the usual rules") {
    NotifyCase one;
    const auto notify = one.notify("");
    REQUIRE(notify);
    CHECK(!notify->mail);
    CHECK(!notify->webhook);
    CHECK(notify->status_file.empty());
    CHECK(notify->digest == std::vector<std::string>{"Mon 08:00"});
    CHECK(notify->store_nearly_full == 10);
    CHECK(notify->key_expires_within == std::chrono::hours(30 * 24));
}

TEST_CASE("a whole table is read") {
    NotifyCase one;
    const auto notify =
        one.notify("[notify]\noffice = \"UBND xã Bình Minh\"\ndigest = \"Fri 16:00\"\n"
                   "store_nearly_full = \"7.5%\"\nkey_expires_within = \"14d\"\n" +
                   kMail +
                   "user = \"u@example.vn\"\npassword_file = \"mail.password\"\n"
                   "ca_file = \"ca.pem\"\n[notify.webhook]\nurl = \"https://chat.example.vn/x\"\n"
                   "token_file = \"webhook.token\"\n[notify.status_file]\npath = \"s.json\"\n"
                   "[notify.prometheus]\npath = \"/var/lib/x.prom\"\n");
    REQUIRE(notify);
    CHECK(notify->office == "UBND xã Bình Minh");
    CHECK(notify->digest == std::vector<std::string>{"Fri 16:00"});
    CHECK(notify->store_nearly_full == 7.5);
    CHECK(notify->key_expires_within == std::chrono::hours(14 * 24));
    REQUIRE(notify->mail);
    CHECK(notify->mail->server == "smtp://mail.example.vn:587");
    CHECK(!notify->mail->may_be_plain);
    CHECK(notify->mail->password.reveal() == "mat-khau thu");
    CHECK(notify->mail->ca_file == one.folder / "ca.pem");
    REQUIRE(notify->webhook);
    CHECK(notify->webhook->token.reveal() == "the-cua-webhook");
    CHECK(notify->status_file == one.folder / "s.json");
    CHECK(notify->prometheus == "/var/lib/x.prom");
}

TEST_CASE("a server's port and encryption follow from its address") {
    struct Row {
        const char* written;
        const char* read;
        bool may_be_plain;
    };
    for (const Row& row :
         {Row{"smtp://mail.example.vn:2525", "smtp://mail.example.vn:2525", false},
          Row{"SMTPS://mail.example.vn", "smtps://mail.example.vn:465", false},
          Row{"smtp://localhost", "smtp://localhost:25", true},
          Row{"smtp://127.0.0.1:587", "smtp://127.0.0.1:587", true},
          Row{"smtp://[::1]", "smtp://[::1]:25", true},
          Row{"smtps://localhost", "smtps://localhost:465", false},
          Row{"smtp://127.0.0.1.example.vn", "smtp://127.0.0.1.example.vn:587", false},
          Row{"smtp://localhost.example.vn", "smtp://localhost.example.vn:587", false}}) {
        CAPTURE(std::string(row.written));
        NotifyCase one;
        const auto notify = one.notify("[notify.mail]\nserver = \"" + std::string(row.written) +
                                       "\"\nfrom = \"s@example.vn\"\nto = \"a@example.vn\"\n");
        REQUIRE(notify);
        CHECK(notify->mail->server == row.read);
        CHECK(notify->mail->may_be_plain == row.may_be_plain);
    }
    for (const char* bad : {"mail.example.vn", "http://mail.example.vn", "smtp://", "smtp://a b",
                            "smtp://u:p@mail.example.vn", "smtp://mail.example.vn/x",
                            "smtp://mail.example.vn:0", "smtp://mail.example.vn:65536",
                            "smtp://mail.example.vn:", "smtp://[::1", "smtp://-x.vn"}) {
        CAPTURE(std::string(bad));
        NotifyCase one;
        CHECK(has(one.error("[notify.mail]\nserver = \"" + std::string(bad) + "\"\n"),
                  "F:5: server = "));
    }
}

TEST_CASE("addresses of mail are addresses and nothing else") {
    for (const char* good : {"a@example.vn", "can.bo+sao-luu@xa.example.vn", "a@localhost"})
        CHECK(is_mail_address(good));
    for (const char* bad : {"", "a", "@example.vn", "a@", "a b@example.vn", "<a@example.vn>",
                            "a@example.vn, b@example.vn", "a@example.vn\r\nBcc: b@example.vn",
                            "-f@example.vn", "a@exa mple.vn", "ộ@example.vn", "\"a\"@example.vn"}) {
        CAPTURE(std::string(bad));
        CHECK(!is_mail_address(bad));
    }
}

TEST_CASE("a webhook goes over https, or to this machine") {
    for (const char* good : {"https://chat.example.vn/hooks/x?y=1", "http://127.0.0.1:9000/x",
                             "http://localhost/x", "http://[::1]:80"}) {
        CAPTURE(std::string(good));
        NotifyCase one;
        CHECK(one.notify("[notify.webhook]\nurl = \"" + std::string(good) + "\"\n"));
    }
    for (const char* bad : {"http://chat.example.vn/bi-mat", "http://127.0.0.1.example.vn/bi-mat",
                            "ftp://chat.example.vn/bi-mat", "https://u:bi-mat@chat.example.vn/",
                            "https://chat.example.vn/bi mat", "bi-mat"}) {
        CAPTURE(std::string(bad));
        NotifyCase one;
        const std::string error =
            one.error("[notify.webhook]\nurl = \"" + std::string(bad) + "\"\n");
        CHECK(error.starts_with("F:5: url: "));
        CHECK(!has(error, "bi-mat"));
    }
    // Whoever knows the address of a chat's webhook may write there.
    NotifyCase one;
    const std::string text = kStore + "[notify.webhook]\nurl = \"https://chat.example.vn/x\"\n";
    CHECK(has(one.error_of(text, 0644), "chmod 600"));
    CHECK(one.load(kStore + kMail, 0644));
}

TEST_CASE("a slip is told with its line, and what would be right") {
    struct Row {
        std::string text;
        const char* error;
    };
    for (const Row& row : {
             Row{"[notify]\noffise = \"x\"\n", "F:5: offise: no such key in [notify]: is office"},
             Row{"[notify]\nmail = 3\n", "F:5: mail: it begins with a line [notify.mail]"},
             Row{"notify = true\n", "F:4: "},
             Row{"[notify]\ndigest = \"Mon 25:00\"\n", "F:5: digest: "},
             Row{"[notify]\nstore_nearly_full = 10\n", "F:5: store_nearly_full = 10: a share"},
             Row{"[notify]\nstore_nearly_full = \"0%\"\n", "F:5: store_nearly_full"},
             Row{"[notify]\nstore_nearly_full = \"nan%\"\n", "F:5: store_nearly_full"},
             Row{"[notify]\nstore_nearly_full = \"101%\"\n", "F:5: store_nearly_full"},
             Row{"[notify]\nkey_expires_within = \"1h\"\n", "F:5: key_expires_within"},
             Row{"[notify]\noffice = \"" + std::string(101, 'x') + "\"\n", "F:5: office"},
             Row{"[notify.mail]\nfrom = \"a@b.vn\"\n", "F:4: this [notify.mail] lacks a line"},
             Row{"[notify.mail]\npassword = \"x\"\n",
                 "there are: server, from, to, user, password_file"},
             Row{kMail + "user = \"u\"\n", "F:4: user and password_file belong together"},
             Row{kMail + "password_file = \"mail.password\"\n", "belong together"},
             Row{"[notify.mail]\nto = []\n", "F:5: to = "},
             Row{"[notify.mail]\nto = [\"x\"]\n", "F:5: to: \"x\" is no address of mail"},
             Row{"[notify.mail]\nfrom = \"a@b.vn, c@d.vn\"\n", "F:5: from = "},
             Row{"[notify.webhook]\ntoken_file = \"webhook.token\"\n", "lacks a line"},
             Row{"[notify.status_file]\n", "F:4: this [notify.status_file] lacks a line"},
             Row{"[notify.prometheus]\npath = \"x.txt\"\n", "F:4: [notify.prometheus]"},
             Row{"[notify.status_file]\npath = \"x.prom\"\n[notify.prometheus]\npath = "
                 "\"x.prom\"\n",
                 "need a file each"},
         }) {
        CAPTURE(row.text);
        NotifyCase one;
        const std::string error = one.error(row.text);
        CAPTURE(error);
        CHECK(has(error, row.error));
    }
}

TEST_CASE("a file of a password is private, has one, and is not said") {
    const std::string text = kMail + "user = \"u\"\npassword_file = \"mail.password\"\n";
    NotifyCase one;
    one.write("bi-mat\n", 0644, "mail.password");
    CHECK(has(one.error(text), "mail.password"));
    for (const char* bad : {"", "\n", "\r\nx", "bi-mat\x01\n"}) {
        one.write(bad, 0600, "mail.password");
        const std::string error = one.error(text);
        CHECK(has(error, "its first line must be the password"));
        CHECK(!has(error, "bi-mat"));
    }
    CHECK(has(one.error(kMail + "user = \"u\"\npassword_file = \"none\"\n"), "none"));
}

} // namespace
} // namespace saoluu::config
