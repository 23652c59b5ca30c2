// SPDX-License-Identifier: Apache-2.0
#include "service/smtp.hpp"

#include "store/curl_error.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>

#include <curl/curl.h>

namespace saoluu::service {
namespace {
using util::message;
using util::printable;
using util::tr;

constexpr std::size_t kMostReplies =
    200; ///< 20 recipients and what is around them; more is no server
constexpr std::size_t kMostWords = 200; ///< bytes of a reply that are shown

struct FreeEasy {
    void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
};
struct FreeList {
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};

/// A letter on its way. Its functions are libcurl's callbacks: none throws.
struct Transfer {
    std::string_view unsent;
    const std::stop_token& stop;
    std::vector<SmtpReply> replies;

    static std::size_t on_send(char* at, std::size_t size, std::size_t count, void* self) noexcept {
        auto& transfer = *static_cast<Transfer*>(self);
        const std::size_t step = std::min(size * count, transfer.unsent.size());
        std::memcpy(at, transfer.unsent.data(), step);
        transfer.unsent.remove_prefix(step);
        return step;
    }
    static std::size_t on_reply(char* at, std::size_t size, std::size_t count,
                                void* self) noexcept {
        try {
            static_cast<Transfer*>(self)->take({at, size * count});
            return size * count;
        } catch (const std::bad_alloc&) {
            return 0;
        }
    }
    static int on_progress(void* self, curl_off_t /*to_get*/, curl_off_t /*got*/,
                           curl_off_t /*to_send*/, curl_off_t /*sent*/) noexcept {
        return static_cast<Transfer*>(self)->stop.stop_requested() ? 1 : 0;
    }

    /// The last line of a reply: three digits, and no "-" behind them.
    void take(std::string_view line) {
        const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        if (line.size() < 3 || !std::ranges::all_of(line.substr(0, 3), is_digit) ||
            (line.size() > 3 && line[3] == '-') || replies.size() >= kMostReplies)
            return;
        while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' '))
            line.remove_suffix(1);
        const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
        replies.push_back({code, printable(line.substr(0, kMostWords))});
    }
};

template <class T>
void set(CURL* easy, CURLoption option, T value) {
    if (::curl_easy_setopt(easy, option, value) == CURLE_OUT_OF_MEMORY)
        throw std::bad_alloc();
}

void set_up(CURL* easy, const SmtpServer& server, Transfer& transfer,
            std::array<char, CURL_ERROR_SIZE>& detail) {
    const std::string password(server.password.reveal());
    set(easy, CURLOPT_URL, server.url.c_str());
    set(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(easy, CURLOPT_PROXY, ""); // those of the environment are for the web
    set(easy, CURLOPT_USE_SSL,
        static_cast<long>(server.may_be_plain ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!server.ca_file.empty()) {
        set(easy, CURLOPT_CAINFO, server.ca_file.c_str());
        set(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr));
    }
    if (!server.user.empty()) {
        set(easy, CURLOPT_USERNAME, server.user.c_str());
        set(easy, CURLOPT_PASSWORD, password.c_str());
    }
    set(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    // Whoever stops does not wait for a DNS that does not answer.
    set(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
    set(easy, CURLOPT_CONNECTTIMEOUT, static_cast<long>(server.connect_patience.count()));
    set(easy, CURLOPT_TIMEOUT, static_cast<long>(server.patience.count()));
    set(easy, CURLOPT_ERRORBUFFER, detail.data());
    set(easy, CURLOPT_UPLOAD, 1L);
    set(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L); // one bad address keeps nobody else untold
    set(easy, CURLOPT_READFUNCTION, &Transfer::on_send);
    set(easy, CURLOPT_READDATA, &transfer);
    set(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_reply);
    set(easy, CURLOPT_HEADERDATA, &transfer);
    set(easy, CURLOPT_NOPROGRESS, 0L);
    set(easy, CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
    set(easy, CURLOPT_XFERINFODATA, &transfer);
}

/// What a server that says no means.
Error refusal(const std::string& where, const SmtpReply& reply) {
    if (reply.code == 535 || reply.code == 534 || reply.code == 530)
        return {ErrorKind::denied,
                message(tr("{}: it does not take the user or the password ({}): look at user and "
                           "password_file; some services want a password for programs of its own"),
                        where, reply.text),
                reply.code};
    if (reply.code < 500)
        return Error(ErrorKind::io,
                     message(tr("{}: the mail server takes nothing now ({}): it is tried again "
                                "later"),
                             where, reply.text),
                     reply.code)
            .with_retry();
    return {ErrorKind::refused,
            message(tr("{}: the mail server refuses it ({}): look at the addresses in from and to, "
                       "and whether the server wants user and password_file"),
                    where, reply.text),
            reply.code};
}

Error error_of(CURL* easy, CURLcode code, const SmtpServer& server, const Transfer& transfer,
               const char* detail) {
    const std::string where = printable(server.url);
    if (transfer.stop.stop_requested())
        return {ErrorKind::interrupted, tr("interrupted")};
    if (code == CURLE_USE_SSL_FAILED)
        return {ErrorKind::refused,
                message(tr("{}: it offers no encryption (STARTTLS), and nothing is sent without: "
                           "ask who runs it, or try smtps://HOST:465"),
                        where)};
    const auto no = std::ranges::find_if(transfer.replies.rbegin(), transfer.replies.rend(),
                                         [](const SmtpReply& reply) { return reply.code >= 400; });
    if (code == CURLE_LOGIN_DENIED)
        return refusal(where, no == transfer.replies.rend()
                                  ? SmtpReply{535, printable(::curl_easy_strerror(code))}
                                  : SmtpReply{535, no->text});
    // It is told goodbye after a no, so that is not the last that it says.
    if ((code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY) &&
        no != transfer.replies.rend())
        return refusal(where, *no);
    return store::curl_error(easy, code,
                             {.url = server.url,
                              .detail = detail,
                              .ca_file = server.ca_file,
                              .patience = server.patience});
}

} // namespace

std::vector<SmtpReply> recipient_replies(const std::vector<SmtpReply>& replies, std::size_t count) {
    constexpr int kGoAhead = 354; // the reply to DATA
    const auto data = std::ranges::find(replies, kGoAhead, &SmtpReply::code);
    const auto before = static_cast<std::size_t>(data - replies.begin());
    if (data == replies.end() || before < count)
        return {};
    return {data - static_cast<std::ptrdiff_t>(count), data};
}

Result<SmtpAnswer> send_letter(const SmtpServer& server, const std::string& from,
                               const std::vector<std::string>& to, std::string_view letter,
                               const std::stop_token& stop) {
    static const CURLcode started = ::curl_global_init(CURL_GLOBAL_DEFAULT); // once a process
    const std::unique_ptr<CURL, FreeEasy> easy(::curl_easy_init());
    if (started != CURLE_OK || !easy)
        throw std::bad_alloc();
    std::unique_ptr<curl_slist, FreeList> recipients;
    for (const std::string& address : to) {
        curl_slist* const longer = ::curl_slist_append(recipients.get(), address.c_str());
        if (longer == nullptr)
            throw std::bad_alloc();
        (void)recipients.release(); // NOLINT(bugprone-unused-return-value): `longer` has it
        recipients.reset(longer);
    }
    Transfer transfer{.unsent = letter, .stop = stop, .replies = {}};
    std::array<char, CURL_ERROR_SIZE> detail{};
    set_up(easy.get(), server, transfer, detail);
    set(easy.get(), CURLOPT_MAIL_FROM, from.c_str());
    set(easy.get(), CURLOPT_MAIL_RCPT, recipients.get());
    const CURLcode code =
        stop.stop_requested() ? CURLE_ABORTED_BY_CALLBACK : ::curl_easy_perform(easy.get());
    if (code != CURLE_OK)
        return Failure(error_of(easy.get(), code, server, transfer, detail.data()));
    SmtpAnswer answer;
    const std::vector<SmtpReply> replies = recipient_replies(transfer.replies, to.size());
    for (std::size_t i = 0; i < replies.size(); ++i)
        if (replies[i].code >= 500)
            answer.refused.push_back(printable(to[i]) + ": " + replies[i].text);
        else if (replies[i].code >= 400)
            answer.later.push_back(to[i]);
    return answer;
}

} // namespace saoluu::service
