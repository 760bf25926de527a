// SPDX-License-Identifier: BSL-1.0
//
// An HTTP client's session, as 28_download uses it: a limit of connections for each host and one
// for all, connections that are kept and used again, redirects. aiohttp's ClientSession in small.
#pragma once

#include <weft/asio.hpp>
#include <weft/weft.hpp>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct url {
    std::string host;
    std::uint16_t port = 80;
    std::string target = "/";
    bool secure = false;

    std::string origin() const { return host + ":" + std::to_string(port); }
};

inline url parse_url(std::string_view text) {
    url parsed;
    parsed.secure = text.starts_with("https://");
    parsed.port = parsed.secure ? 443 : 80;
    if (!parsed.secure && !text.starts_with("http://")) {
        throw std::invalid_argument("not an http URL: " + std::string(text));
    }
    text.remove_prefix(text.find("//") + 2);
    text = text.substr(0, text.find('#'));
    const std::size_t slash = std::min(text.find_first_of("/?"), text.size());
    std::string_view authority = text.substr(0, slash);
    if (slash < text.size()) {
        parsed.target = (text[slash] == '?' ? "/" : "") + std::string(text.substr(slash));
    }
    const std::size_t colon = authority.rfind(':');
    if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
        parsed.port =
            static_cast<std::uint16_t>(std::stoi(std::string(authority.substr(colon + 1))));
        authority = authority.substr(0, colon);
    }
    if (authority.starts_with('[') && authority.ends_with(']')) {
        authority = authority.substr(1, authority.size() - 2);
    }
    parsed.host = authority;
    return parsed;
}

// Where a redirect leads.
inline url resolve_location(const url& from, std::string_view location) {
    if (location.find("://") != std::string_view::npos) {
        return parse_url(location);
    }
    url to = from;
    if (location.starts_with('/')) {
        to.target = location;
    } else {
        const std::string path = from.target.substr(0, from.target.find('?'));
        to.target = path.substr(0, path.rfind('/') + 1) + std::string(location);
    }
    return to;
}

// The server has answered, and it is not what was asked for.
struct http_failure : std::runtime_error {
    explicit http_failure(const boost::beast::http::response_header<>& answer)
        : std::runtime_error(std::to_string(answer.result_int()) + " " +
                             std::string(answer.reason())),
          for_now(answer.result_int() >= 500 || answer.result_int() == 429) {}
    bool for_now; // worth another try
};

class http_session {
  public:
    // For each piece of a body, with the size of the whole, 0 where that is not known.
    using body_reader = std::function<void(std::string_view piece, std::uint64_t whole)>;

    // `trusted`: a file of certificates (PEM); empty: the system's.
    http_session(int connections, int connections_per_host, std::string trusted = {})
        : free_(connections), per_host_(connections_per_host), trusted_(std::move(trusted)) {}

    // Fetches what is there, or where redirects lead from there. Blocks also until a connection is
    // free. Throws http_failure, boost::system::system_error for what goes wrong in between,
    // std::system_error when the host cannot be reached or is silent for too long.
    void get(url from, const body_reader& read) {
        for (int i = 0; i < most_redirects; ++i) {
            const std::string location = get_once(from, read);
            if (location.empty()) {
                return;
            }
            from = resolve_location(from, location);
        }
        throw std::runtime_error("too many redirects");
    }

  private:
    using answer_parser = boost::beast::http::response_parser<boost::beast::http::buffer_body>;
    static constexpr auto connect_time = std::chrono::seconds(30);
    static constexpr auto stall_time = std::chrono::seconds(30); // without a byte
    static constexpr int most_redirects = 10;

    struct connection {
        explicit connection(weft::stream from) : stream(std::move(from)) {}

        weft::asio_stream stream;
        boost::beast::flat_buffer buffer;
    };

    struct host {
        explicit host(int limit) : free(limit) {}

        weft::semaphore free;
        std::vector<std::unique_ptr<connection>> idle;
    };

    // Returns where it has gone, if it has.
    std::string get_once(const url& from, const body_reader& read) {
        namespace http = boost::beast::http;
        const std::string key = (from.secure ? "https://" : "http://") + from.origin();
        host& h = hosts_.try_emplace(key, per_host_).first->second;
        const weft::permit one_of_host(h.free);
        const weft::permit one_of_all(free_);
        answer_parser answer;
        answer.body_limit(std::numeric_limits<std::uint64_t>::max());
        auto c = ask(h, from, answer);
        const auto& header = answer.get();
        std::string location;
        if (http::to_status_class(header.result()) == http::status_class::redirection) {
            location = std::string(header[http::field::location]);
        }
        if (location.empty() && header.result() != http::status::ok) {
            throw http_failure(header);
        }
        receive(
            *c, answer, location.empty() ? read : [](std::string_view, std::uint64_t) {});
        if (header.keep_alive()) {
            h.idle.push_back(std::move(c)); // any other way out of here has closed it
        }
        return location;
    }

    // Sends the request and reads the answer's header, over an idle connection if there is one.
    std::unique_ptr<connection> ask(host& h, const url& from, answer_parser& answer) {
        while (!h.idle.empty()) {
            auto used = std::move(h.idle.back());
            h.idle.pop_back();
            try {
                exchange(*used, from, answer);
                return used;
            } catch (const boost::system::system_error&) {
                if (answer.got_some()) {
                    throw;
                }
                // The host had closed it meanwhile, which is no failure.
            }
        }
        auto fresh = std::make_unique<connection>(connect(from));
        exchange(*fresh, from, answer);
        return fresh;
    }

    weft::stream connect(const url& to) {
        if (to.secure && !tls_) {
            tls_ = weft::tls_context::client({.ca_file = trusted_});
        }
        return weft::with_timeout(connect_time, [&] {
            return weft::open_connection(to.host, to.port, {.tls = to.secure ? &*tls_ : nullptr});
        });
    }

    static void exchange(connection& c, const url& from, answer_parser& answer) {
        namespace http = boost::beast::http;
        http::request<http::empty_body> request(http::verb::get, from.target, 11);
        request.set(http::field::host, from.origin());
        request.set(http::field::user_agent, "weft");
        weft::with_timeout(stall_time, [&] {
            http::write(c.stream, request);
            http::read_header(c.stream, c.buffer, answer);
        });
    }

    static void receive(connection& c, answer_parser& answer, const body_reader& read) {
        const auto length = answer.content_length();
        const std::uint64_t whole = length ? *length : 0;
        std::array<char, 16 * 1024> piece;
        while (!answer.is_done()) {
            auto& body = answer.get().body();
            body.data = piece.data();
            body.size = piece.size();
            boost::system::error_code error;
            weft::with_timeout(
                stall_time, [&] { boost::beast::http::read(c.stream, c.buffer, answer, error); });
            if (error && error != boost::beast::http::error::need_buffer) {
                throw boost::system::system_error(error);
            }
            read({piece.data(), piece.size() - body.size}, whole);
        }
    }

    weft::semaphore free_;
    int per_host_;
    std::string trusted_;
    std::optional<weft::tls_context> tls_; // keeps sessions, so one for all
    std::map<std::string, host> hosts_;
};
