#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who is told of troubles: [notify] of the config file, and test messages to real servers."""
import email.utils
import pathlib
import re
import sys
import time
import unittest

import program
from program import ProgramTest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from told import PASSWORD, USER, MailServer, WebService, make_certificates  # noqa: E402

TOKEN = "the-nay-la-bi-mat-cua-webhook"
program.SECRETS += [PASSWORD, TOKEN, "duong-dan-bi-mat"]
STORE = '[[store]]\nname = "nas"\nurl = "/mnt/nas/saoluu"\n'
OFFICE = "UBND xã Bình Minh, huyện Trà Bồng, tỉnh Quảng Ngãi"


class Notify(ProgramTest):
    def setUp(self):
        super().setUp()
        self.secret("mail.password", PASSWORD)
        self.secret("webhook.token", TOKEN)

    def secret(self, name, text):
        path = self.write(name, text + "\n")
        path.chmod(0o600)
        return path

    def certificates(self, **how):
        return make_certificates(self.folder / f"tls{len(list(self.folder.iterdir()))}", **how)

    def serve(self, kind, *words, **how):
        server = kind(*words, **how)
        self.addCleanup(server.close)
        return server

    def configure(self, text, office=OFFICE):
        path = self.write("saoluu.toml", STORE + f'[notify]\noffice = "{office}"\n' + text)
        path.chmod(0o600)
        return ("--config", path)

    def mail(self, server, ca=None, scheme="smtp", to='["can.bo@example.vn"]', user=USER):
        text = (f'[notify.mail]\nserver = "{scheme}://127.0.0.1:{server.port}"\n'
                f'from = "saoluu@xa.example.vn"\nto = {to}\n')
        if user:
            text += f'user = "{user}"\npassword_file = "mail.password"\n'
        return text + (f'ca_file = "{ca}"\n' if ca else "")

    def hook(self, server, ca=None, scheme="https"):
        return (f'[notify.webhook]\nurl = "{scheme}://127.0.0.1:{server.port}/duong-dan-bi-mat"\n'
                'token_file = "webhook.token"\n' + (f'ca_file = "{ca}"\n' if ca else ""))

    def send(self, code, text, *words):
        return self.run_expect(code, "config", "test-notify", *words, *self.configure(text))

    def run_expect(self, code, *words):
        done = self.run_program(*words)
        self.assertEqual(done.code, code, f"{words}\n{done!r}")
        return done


class Mail(Notify):
    def test_a_letter_in_vietnamese_arrives_as_it_was_written(self):
        ca, certificate = self.certificates()
        server = self.serve(MailServer, certificate)
        to = '["can.bo@example.vn", "thu.truong@example.vn"]'
        done = self.send(0, self.mail(server, ca, to=to), "--lang", "vi")
        self.assertIn("mail (smtp://127.0.0.1", done.out)
        [letter] = server.letters
        self.assertTrue(letter.over_tls)
        self.assertEqual(letter.envelope_from, "saoluu@xa.example.vn")
        self.assertEqual(letter.envelope_to, ["can.bo@example.vn", "thu.truong@example.vn"])
        self.assertTrue(letter["Subject"].startswith(f"[{OFFICE}] thư thử"), letter["Subject"])
        self.assertEqual([a.addr_spec for a in letter["To"].addresses], letter.envelope_to)
        self.assertEqual(letter["From"].addresses[0].addr_spec, "saoluu@xa.example.vn")
        self.assertEqual(letter["From"].addresses[0].display_name, "saoluu")
        self.assertEqual(letter.get_content_type(), "text/plain")
        body = letter.get_content()
        self.assertIn(OFFICE, body)
        self.assertIn("Việc cần làm", body)
        sent = email.utils.parsedate_to_datetime(letter["Date"])
        self.assertLess(abs(sent.timestamp() - time.time()), 600)
        self.assertRegex(letter["Message-ID"], r"^<[0-9a-f]{32}@xa\.example\.vn>$")
        self.assertEqual(letter.defects, [])
        letter.raw.decode("ascii")
        for line in letter.raw.split(b"\r\n"):
            self.assertLessEqual(len(line), 78, line)
            self.assertNotIn(b"\n", line)

    def test_times_are_those_of_the_config_file(self):
        ca, certificate = self.certificates()
        server = self.serve(MailServer, certificate)
        for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):  # 26 hours apart
            use = self.configure(self.mail(server, ca))
            use[1].write_text(f'time_zone = "{zone}"\n' + use[1].read_text())
            self.run_expect(0, "config", "test-notify", *use)
        first, second = [letter.get_content() for letter in server.letters]
        day = re.compile(r"Time: \d+-\d+-(\d+) ")
        self.assertNotEqual(day.search(first)[1], day.search(second)[1])

    def test_tls_from_the_start_does_too(self):
        ca, certificate = self.certificates()
        server = self.serve(MailServer, certificate, from_the_start=True)
        self.send(0, self.mail(server, ca, scheme="smtps"))
        self.assertEqual(len(server.letters), 1)

    def test_a_mail_server_of_this_machine_needs_neither_tls_nor_a_user(self):
        server = self.serve(MailServer, auth=False)
        self.send(0, self.mail(server, user=""))
        self.assertFalse(server.letters[0].over_tls)

    def test_a_certificate_that_proves_nothing_ends_it_before_the_password(self):
        ca, certificate = self.certificates()
        other_ca, other = self.certificates(names="DNS:other.example.vn")
        for name, server, trusted, said in [
                ("nobody's", self.serve(MailServer, certificate), None, "nobody that this computer"),
                ("another CA's", self.serve(MailServer, certificate), other_ca, "nobody that this"),
                ("another host's", self.serve(MailServer, other), other_ca, "can't be trusted"),
                ("another host's, TLS from the start",
                 self.serve(MailServer, other, from_the_start=True), other_ca, "can't be trusted")]:
            with self.subTest(name=name):
                scheme = "smtps" if "start" in name else "smtp"
                done = self.send(1, self.mail(server, trusted, scheme=scheme))
                self.assertIn("not sent", done.out)
                self.assertIn(said, done.out)
                self.assertEqual(server.letters, [])
        self.assertTrue(ca.exists())

    def test_a_wrong_password_is_told_with_what_to_look_at(self):
        ca, certificate = self.certificates()
        server = self.serve(MailServer, certificate)
        self.secret("mail.password", "wrong")
        done = self.send(1, self.mail(server, ca))
        self.assertIn("password_file", done.out)
        self.assertEqual(server.letters, [])

    def test_one_bad_address_keeps_nobody_else_untold(self):
        ca, certificate = self.certificates()
        server = self.serve(MailServer, certificate)
        for bad, said in [("reject", "550 5.1.1 no such user"), ("later", "only later")]:
            with self.subTest(bad=bad):
                to = f'["a@example.vn", "{bad}@example.vn", "b@example.vn"]'
                done = self.send(1, self.mail(server, ca, to=to))
                self.assertIn(said, done.out)
                self.assertIn(f"{bad}@example.vn", done.out)
                self.assertEqual(server.letters.pop().envelope_to, ["a@example.vn", "b@example.vn"])
        for bad, said in [("reject", "the mail server refuses it"), ("later", "takes nothing now")]:
            with self.subTest(only=bad):
                done = self.send(1, self.mail(server, ca, to=f'"{bad}@example.vn"'))
                self.assertIn(said, done.out)
        done = self.send(1, self.mail(server, ca, to='"drop@example.vn"'))
        self.assertIn("broke off", done.out)
        self.assertEqual(server.letters, [])

    def test_a_server_that_is_not_there_is_told(self):
        server = MailServer(auth=False)
        server.close()
        done = self.send(1, self.mail(server, user=""))
        self.assertIn("nothing answers there", done.out)

    def test_the_name_of_an_office_makes_no_header(self):
        server = self.serve(MailServer, auth=False)
        done = self.run_program(
            "config", "test-notify",
            *self.configure(self.mail(server, user=""), office="a\\r\\nBcc: x@example.vn"))
        self.assertEqual(done.code, 2, repr(done))
        office = 'Xã \\"A\\", <b@example.vn>; =?UTF-8?Q?x?= \\\\ (c)'
        done = self.run_program("config", "test-notify",
                                *self.configure(self.mail(server, user=""), office=office))
        self.assertEqual(done.code, 0, repr(done))
        letter = server.letters[-1]
        self.assertIsNone(letter["Bcc"])
        self.assertEqual(len(letter["From"].addresses), 1)
        self.assertIn('Xã "A", <b@example.vn>; =?UTF-8?Q?x?=', letter["Subject"])


class Webhook(Notify):
    def test_json_arrives_with_the_token(self):
        ca, certificate = self.certificates()
        service = self.serve(WebService, certificate)
        self.send(0, self.hook(service, ca), "--lang", "vi")
        [(path, headers, _)] = service.posts
        self.assertEqual(path, "/duong-dan-bi-mat")
        self.assertEqual(headers["Authorization"], f"Bearer {TOKEN}")
        [notice] = service.objects()
        self.assertEqual((notice["type"], notice["kind"], notice["office"]),
                         ("notice", "test", OFFICE))
        self.assertIn("thư thử", notice["subject"])
        self.assertIn("Việc cần làm", notice["text"])

    def test_what_is_no_yes_is_told_and_led_nowhere(self):
        ca, certificate = self.certificates()
        service, elsewhere = (self.serve(WebService, certificate) for _ in range(2))
        service.location = f"https://127.0.0.1:{elsewhere.port}/"
        for status, said in [(302, "is not followed"), (307, "is not followed"),
                             (401, "token_file"), (403, "token_file"), (404, "refuses it"),
                             (429, "takes nothing now"), (500, "takes nothing now")]:
            with self.subTest(status=status):
                service.status = status
                done = self.send(1, self.hook(service, ca))
                self.assertIn(said, done.out)
        self.assertEqual(elsewhere.posts, [])

    def test_a_certificate_of_another_name_ends_it_before_the_token(self):
        ca, certificate = self.certificates(names="DNS:other.example.vn")
        service = self.serve(WebService, certificate)
        done = self.send(1, self.hook(service, ca))
        self.assertIn("can't be trusted", done.out)
        self.assertEqual(service.posts, [])

    def test_each_channel_is_tried_and_told(self):
        ca, certificate = self.certificates()
        server = self.serve(MailServer, certificate)
        service = self.serve(WebService, certificate)
        service.status = 500
        done = self.send(1, self.mail(server, ca) + self.hook(service, ca), "--json")
        mail, webhook, summary = done.lines()
        self.assertEqual((mail["channel"], mail["sent"]), ("mail", True))
        self.assertEqual((webhook["channel"], webhook["sent"]), ("webhook", False))
        self.assertEqual((summary["channels"], summary["good"]), (2, 1))


class File(Notify):
    def test_without_a_channel_there_is_nobody_to_tell(self):
        done = self.send(2, "")
        self.assertIn("[notify.mail]", done.err)

    def test_what_the_file_says_is_shown_without_secrets(self):
        text = ('[notify.mail]\nserver = "smtp://mail.example.vn"\nfrom = "s@example.vn"\n'
                f'to = "a@example.vn"\nuser = "{USER}"\npassword_file = "mail.password"\n'
                '[notify.webhook]\nurl = "https://chat.example.vn/duong-dan-bi-mat"\n'
                'token_file = "webhook.token"\n[notify.status_file]\npath = "s.json"\n'
                '[notify.prometheus]\npath = "s.prom"\n')
        done = self.run_expect(0, "config", "show", *self.configure(text))
        for line in ['server = "smtp://mail.example.vn:587"', 'to = ["a@example.vn"]',
                     'password_file = "…"', 'url = "https://chat.example.vn/…"',
                     f'path = "{self.folder}/s.json"', 'digest = ["Mon 08:00"]']:
            self.assertIn(line, done.out)
        done = self.run_expect(0, "config", "show", "--json", *self.configure(text))
        kinds = [line["type"] for line in done.lines()]
        self.assertEqual(kinds[-5:], ["notify", "notify.mail", "notify.webhook",
                                      "notify.status_file", "notify.prometheus"])

    def test_files_of_secrets_are_their_owner_s_alone(self):
        text = ('[notify.mail]\nserver = "smtp://mail.example.vn"\nfrom = "s@example.vn"\n'
                f'to = "a@example.vn"\nuser = "{USER}"\npassword_file = "mail.password"\n')
        (self.folder / "mail.password").chmod(0o644)
        done = self.run_expect(14, "config", "check", *self.configure(text))
        self.assertIn("mail.password", done.err)
        words = self.configure('[notify.webhook]\nurl = "https://chat.example.vn/x"\n')
        words[1].chmod(0o644)
        self.assertIn("chmod 600", self.run_expect(14, "config", "check", *words).err)


if __name__ == "__main__":
    unittest.main()
