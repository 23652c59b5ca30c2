// SPDX-License-Identifier: Apache-2.0
#include "store/http.hpp"

#include "store/curl_error.hpp"
#include "store/http_faults.hpp"
#include "util/guarded.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <new>

#include <curl/curl.h>

namespace saoluu::store {
namespace {

using util::message;
using util::tr;

constexpr std::uint64_t kMostRefusal = 64 << 10;
constexpr std::size_t kMostHeaders = 128;
constexpr long kStallBytesPerSecond = 64;
/// As many bytes as one call of ours gives or takes; larger ones gain nothing over loopback.
constexpr long kBufferSize = 256 << 10;

struct FreeEasy {
    void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;

/// A list of header lines as libcurl takes it.
class HeaderList {
public:
    HeaderList() = default;
    HeaderList(const HeaderList&) = delete;
    HeaderList& operator=(const HeaderList&) = delete;
    ~HeaderList() { ::curl_slist_free_all(list_); }
    void add(const std::string& line) {
        curl_slist* const longer = ::curl_slist_append(list_, line.c_str());
        if (longer == nullptr)
            throw std::bad_alloc();
        list_ = longer;
    }
    [[nodiscard]] curl_slist* get() const { return list_; }

private:
    curl_slist* list_ = nullptr;
};

/// What all connections know: addresses of names, TLS sessions.
class Share {
public:
    Share() : share_(::curl_share_init()) {
        if (share_ == nullptr)
            throw std::bad_alloc();
        ::curl_share_setopt(share_, CURLSHOPT_USERDATA, this);
        ::curl_share_setopt(share_, CURLSHOPT_LOCKFUNC, &Share::lock);
        ::curl_share_setopt(share_, CURLSHOPT_UNLOCKFUNC, &Share::unlock);
        ::curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
        ::curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() { ::curl_share_cleanup(share_); }
    [[nodiscard]] CURLSH* get() const { return share_; }

private:
    static void lock(CURL* /*easy*/, curl_lock_data data, curl_lock_access /*access*/, void* self) {
        static_cast<Share*>(self)->mutexes_.at(static_cast<std::size_t>(data)).lock();
    }
    static void unlock(CURL* /*easy*/, curl_lock_data data, void* self) {
        static_cast<Share*>(self)->mutexes_.at(static_cast<std::size_t>(data)).unlock();
    }

    std::array<std::mutex, CURL_LOCK_DATA_LAST> mutexes_;
    CURLSH* share_;
};

/// One request on its way. Its functions are libcurl's callbacks: none throws.
struct Transfer {
    const HttpRequest& request;
    const std::stop_token& stop;
    HttpAnswer answer = {};
    std::optional<Error> source_error = {};
    std::uint64_t sent = 0;
    unsigned times_sent = 0;
    bool has_all_headers = false;

    [[nodiscard]] std::uint64_t most() const {
        if (!answer.is_good())
            return kMostRefusal;
        return request.into.empty() ? request.most : request.into.size();
    }

    bool keep(util::BytesView bytes) {
        const std::uint64_t limit = most();
        // A length that is told beforehand saves reading what is of no use.
        if (answer.body_bytes == 0 && answer.is_good() &&
            parse_number(answer.header("content-length")).value_or(0) > limit) {
            answer.is_too_large = true;
            return false;
        }
        const bool fits = bytes.size() <= limit - answer.body_bytes;
        if (!fits && answer.is_good()) {
            answer.is_too_large = true;
            return false;
        }
        if (!fits) // the rest of a long refusal says nothing that is acted on
            bytes = bytes.first(static_cast<std::size_t>(limit - answer.body_bytes));
        if (answer.is_good() && !request.into.empty())
            std::copy(bytes.begin(), bytes.end(),
                      request.into.begin() + static_cast<std::ptrdiff_t>(answer.body_bytes));
        else
            util::append(answer.body, bytes);
        answer.body_bytes += bytes.size();
        return fits;
    }

    /// Whether the answer's end is known to be its end. libcurl is content with headers that break
    /// off, and with a body of no told length that does.
    [[nodiscard]] bool is_whole() const {
        return has_all_headers &&
               (!answer.is_good() || answer.status == 204 || request.method == "HEAD" ||
                answer.is_too_large || !answer.header("content-length").empty() ||
                !answer.header("transfer-encoding").empty());
    }

    void take_header(std::string_view line) {
        while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' '))
            line.remove_suffix(1);
        if (line.starts_with("HTTP/")) { // an interim answer, such as 100, came before it
            answer.headers.clear();
            has_all_headers = false;
            const std::size_t space = line.find(' ');
            answer.status = static_cast<int>(
                parse_number(line.substr(std::min(space, line.size() - 1) + 1).substr(0, 3))
                    .value_or(0));
            return;
        }
        has_all_headers |= line.empty();
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || answer.headers.size() >= kMostHeaders)
            return;
        std::string name(line.substr(0, colon));
        std::ranges::transform(name, name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        std::string_view value = line.substr(colon + 1);
        while (value.starts_with(' ') || value.starts_with('\t'))
            value.remove_prefix(1);
        answer.headers.try_emplace(std::move(name), value);
    }

    static std::size_t on_body(char* at, std::size_t size, std::size_t count, void* self) noexcept {
        auto& transfer = *static_cast<Transfer*>(self);
        try {
            return transfer.keep(util::as_bytes({at, size * count})) ? size * count : 0;
        } catch (const std::bad_alloc&) {
            transfer.source_error.emplace(ErrorKind::no_memory, tr("not enough memory"));
            return 0;
        }
    }
    static std::size_t on_header(char* at, std::size_t size, std::size_t count,
                                 void* self) noexcept {
        try {
            static_cast<Transfer*>(self)->take_header({at, size * count});
            return size * count;
        } catch (const std::bad_alloc&) {
            return 0;
        }
    }
    static std::size_t on_send(char* at, std::size_t size, std::size_t count, void* self) noexcept {
        auto& transfer = *static_cast<Transfer*>(self);
        try {
            const Source& source = *transfer.request.body;
            const auto step = static_cast<std::size_t>(
                std::min<std::uint64_t>(size * count, source.size() - transfer.sent));
            const Result<void> read =
                source.read(transfer.sent, std::as_writable_bytes(std::span(at, step)));
            if (!read) {
                transfer.source_error = read.error();
                return CURL_READFUNC_ABORT;
            }
            transfer.sent += step;
            return step;
        } catch (const std::bad_alloc&) {
            return CURL_READFUNC_ABORT;
        }
    }
    static int on_seek(void* self, curl_off_t offset, int origin) noexcept {
        auto& transfer = *static_cast<Transfer*>(self);
        if (origin != SEEK_SET || offset < 0 ||
            static_cast<std::uint64_t>(offset) > transfer.request.body->size())
            return CURL_SEEKFUNC_FAIL;
        transfer.sent = static_cast<std::uint64_t>(offset);
        return CURL_SEEKFUNC_OK;
    }
    static int on_progress(void* self, curl_off_t /*to_get*/, curl_off_t /*got*/,
                           curl_off_t /*to_send*/, curl_off_t /*sent*/) noexcept {
        return static_cast<Transfer*>(self)->stop.stop_requested() ? 1 : 0;
    }
    static int on_connected(void* self, char* /*ip*/, char* /*own_ip*/, int /*port*/,
                            int /*own_port*/) noexcept {
        ++static_cast<Transfer*>(self)->times_sent;
        return CURL_PREREQFUNC_OK;
    }
};

} // namespace

struct HttpClient::Impl {
    explicit Impl(HttpOptions given) : options(std::move(given)) {}

    HttpOptions options;
    Share share; // outlives the connections
    /// Those that do nothing now; the one used last is used next, its connection is the warmest.
    util::Guarded<std::vector<Easy>> idle;

    Easy take() {
        Easy easy = idle.with([](std::vector<Easy>& all) {
            if (all.empty())
                return Easy();
            Easy last = std::move(all.back());
            all.pop_back();
            return last;
        });
        if (!easy)
            easy.reset(::curl_easy_init());
        if (!easy)
            throw std::bad_alloc();
        return easy;
    }

    void give_back(Easy easy) {
        ::curl_easy_reset(easy.get()); // keeps the connection
        idle.with([&](std::vector<Easy>& all) { all.push_back(std::move(easy)); });
    }

    template <class T>
    static void set(const Easy& easy, CURLoption option, T value) {
        if (::curl_easy_setopt(easy.get(), option, value) == CURLE_OUT_OF_MEMORY)
            throw std::bad_alloc();
    }

    void set_up(const Easy& easy, Transfer& transfer, const HeaderList& headers,
                std::array<char, CURL_ERROR_SIZE>& detail) const {
        const HttpRequest& request = transfer.request;
        set(easy, CURLOPT_URL, request.url.c_str());
        set(easy, CURLOPT_PATH_AS_IS, 1L); // what was signed
        set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        set(easy, CURLOPT_FOLLOWLOCATION, 0L);
        set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        set(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
        // Whoever stops does not wait for a DNS that does not answer.
        set(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
        set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        set(easy, CURLOPT_SHARE, share.get());
        set(easy, CURLOPT_USERAGENT, "saoluu/" SAOLUU_VERSION);
        set(easy, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_patience.count()));
        set(easy, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);
        set(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_patience.count()));
        set(easy, CURLOPT_BUFFERSIZE, kBufferSize);
        set(easy, CURLOPT_UPLOAD_BUFFERSIZE, kBufferSize);
        set(easy, CURLOPT_ERRORBUFFER, detail.data());
        set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        if (!options.ca_file.empty()) {
            set(easy, CURLOPT_CAINFO, options.ca_file.c_str());
            set(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr));
        }
        if (!options.with_proxy)
            set(easy, CURLOPT_PROXY, "");
        set(easy, CURLOPT_HTTPHEADER, headers.get());
        set(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
        set(easy, CURLOPT_WRITEDATA, &transfer);
        set(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
        set(easy, CURLOPT_HEADERDATA, &transfer);
        set(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
        set(easy, CURLOPT_PREREQDATA, &transfer);
        set(easy, CURLOPT_NOPROGRESS, 0L);
        set(easy, CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
        set(easy, CURLOPT_XFERINFODATA, &transfer);
        if (request.method == "HEAD") {
            set(easy, CURLOPT_NOBODY, 1L);
        } else if (request.body != nullptr) {
            set(easy, CURLOPT_UPLOAD, 1L);
            set(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
            set(easy, CURLOPT_READFUNCTION, &Transfer::on_send);
            set(easy, CURLOPT_READDATA, &transfer);
            set(easy, CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
            set(easy, CURLOPT_SEEKDATA, &transfer);
            if (request.method != "PUT")
                set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
        } else {
            set(easy, CURLOPT_HTTPGET, 1L);
            if (request.method != "GET")
                set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
        }
    }

    [[nodiscard]] Error error_of(const Easy& easy, CURLcode code, const Transfer& transfer,
                                 const char* detail) const {
        return curl_error(easy.get(), code,
                          {.url = transfer.request.url,
                           .detail = detail,
                           .ca_file = options.ca_file,
                           .patience = options.stall_patience});
    }
};

HttpClient::HttpClient(HttpOptions options) {
    static const CURLcode started = ::curl_global_init(CURL_GLOBAL_DEFAULT); // once a process
    if (started != CURLE_OK)
        throw std::bad_alloc();
    impl_ = std::make_unique<Impl>(std::move(options));
}
HttpClient::~HttpClient() = default;

Result<HttpAnswer> HttpClient::perform(const HttpRequest& request) {
    HeaderList headers;
    for (const auto& [name, value] : request.headers)
        headers.add(value.empty() ? name + ";" : name + ": " + value);
    headers.add("Expect:"); // a round trip for each upload, to save a few that are refused
    Easy easy = impl_->take();
    Transfer transfer{.request = request, .stop = impl_->options.stop};
    std::array<char, CURL_ERROR_SIZE> detail{};
    impl_->set_up(easy, transfer, headers, detail);
    const CURLcode code = transfer.stop.stop_requested() ? CURLE_ABORTED_BY_CALLBACK
                                                         : ::curl_easy_perform(easy.get());
    std::optional<Error> error;
    const bool is_cut_by_us = code == CURLE_WRITE_ERROR && transfer.answer.status != 0 &&
                              (transfer.answer.is_too_large || !transfer.answer.is_good());
    if (transfer.source_error)
        error = std::move(transfer.source_error);
    else if (transfer.stop.stop_requested() && code != CURLE_OK)
        error.emplace(ErrorKind::interrupted, tr("interrupted"));
    else if (code != CURLE_OK && !is_cut_by_us)
        error = impl_->error_of(easy, code, transfer, detail.data());
    else if (!transfer.is_whole())
        error = impl_->error_of(easy, CURLE_PARTIAL_FILE, transfer, "");
    impl_->give_back(std::move(easy));
    if (error)
        return Failure(*std::move(error));
    transfer.answer.was_resent = transfer.times_sent > 1;
    if (const std::string date(transfer.answer.header("date")); !date.empty())
        if (const time_t time = ::curl_getdate(date.c_str(), nullptr); time != -1)
            transfer.answer.server_time = time;
    return std::move(transfer.answer);
}

} // namespace saoluu::store
