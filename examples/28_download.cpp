// SPDX-License-Identifier: BSL-1.0
//
// Fetches many URLs at once: a limit for each host and one for all, connections kept and used
// again, redirects, retries, a time limit for the whole, and a progress bar on a terminal. Needs
// Boost's headers.
//
//     28_download [-i FILE] [-o FOLDER] [-c TOTAL] [-p PER_HOST] [-r RETRIES] [-t SECONDS] [-a CA]
//         URL...
//
// FILE holds a URL a line, CA the certificates to trust in place of the system's. Exit status 1
// when one of them could not be fetched.
#include "examples/28_http_session.hpp"

#include <weft/weft.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

using namespace std::chrono_literals;

namespace {

struct settings {
    std::filesystem::path folder = ".";
    int total = 16;   // connections in use at once
    int per_host = 4; // of them to one host
    int retries = 2;
    std::chrono::duration<double> time = 10min; // for all of it
    std::string trusted;                        // a file of certificates; empty: the system's
    std::vector<std::string> urls;
};

class progress {
  public:
    explicit progress(std::size_t files) : files_(files) {}

    void one_ended() { ended_ += 1; }
    void draw() const {
        const double share = files_ > 0 ? (ended_ + under_way_) / static_cast<double>(files_) : 1;
        const auto filled = static_cast<std::size_t>(share * width);
        std::fprintf(stderr, "\r[%s%s] %3.0f %%", std::string(filled, '#').c_str(),
                     std::string(width - filled, ' ').c_str(), share * 100);
    }

    // How far one download has come.
    class part {
      public:
        explicit part(progress& whole) : whole_(whole) {}
        ~part() { set(0); }
        void set(double share) { whole_.under_way_ += share - std::exchange(share_, share); }

      private:
        progress& whole_;
        double share_ = 0;
    };

  private:
    static constexpr std::size_t width = 40;
    std::size_t files_;
    double ended_ = 0;
    double under_way_ = 0;
};

// A file that is there under its name only when it is complete.
class new_file {
  public:
    explicit new_file(std::filesystem::path name)
        : name_(std::move(name)), part_(name_.string() + ".part"), out_(part_, std::ios::binary) {}
    ~new_file() {
        std::error_code ignored;
        std::filesystem::remove(part_, ignored);
    }

    void write(std::string_view piece) { // the system's cache takes it at once
        out_.write(piece.data(), static_cast<std::streamsize>(piece.size()));
        require_good();
    }
    void finish() {
        out_.close();
        require_good();
        std::filesystem::rename(part_, name_);
    }

  private:
    void require_good() const {
        if (!out_) {
            throw std::runtime_error("cannot write " + part_.string());
        }
    }

    std::filesystem::path name_;
    std::filesystem::path part_;
    std::ofstream out_;
};

class downloader {
  public:
    explicit downloader(const settings& s)
        : settings_(s), session_(s.total, s.per_host, s.trusted), seen_(s.urls.size()) {}

    // Whether all of them have come.
    bool run() {
        const bool terminal = ::isatty(STDERR_FILENO) != 0;
        auto bar = weft::spawn([&] {
            while (terminal) {
                seen_.draw();
                weft::sleep_for(100ms);
            }
        });
        std::vector<std::function<bool()>> jobs;
        for (const std::string& text : settings_.urls) {
            jobs.emplace_back([this, &text] { return download(text); });
        }
        bool all = false;
        try {
            const std::vector<bool> came =
                weft::with_timeout(settings_.time, [&] { return weft::gather(jobs); });
            all = std::find(came.begin(), came.end(), false) == came.end();
        } catch (const weft::timeout_error&) {
            std::cout << "time is up" << std::endl;
        }
        bar.cancel();
        bar.wait();
        if (terminal) {
            seen_.draw();
            std::fputs("\n", stderr);
        }
        return all;
    }

  private:
    bool download(const std::string& text) {
        bool came = false;
        std::string line;
        try {
            line = std::to_string(fetch(text)) + " bytes";
            came = true;
        } catch (const std::exception& e) { // what fails for one is no matter for the others
            line = e.what();
        }
        seen_.one_ended();
        std::cout << text << ": " << line << std::endl;
        return came;
    }

    std::uint64_t fetch(const std::string& text) {
        const url from = parse_url(text);
        const std::filesystem::path name = name_for(from);
        auto pause = 200ms;
        for (int left = settings_.retries;; --left, pause *= 2) {
            try {
                return save(from, name);
            } catch (const http_failure& e) {
                if (left == 0 || !e.for_now) {
                    throw;
                }
            } catch (const weft::tls_error&) { // it is not whom we asked for
                throw;
            } catch (const std::system_error&) { // refused, no such host, too slow
                if (left == 0) {
                    throw;
                }
            } catch (const boost::system::system_error&) { // reset, cut off, no HTTP
                if (left == 0) {
                    throw;
                }
            }
            weft::sleep_for(pause);
        }
    }

    std::uint64_t save(const url& from, const std::filesystem::path& name) {
        new_file file(name);
        progress::part part(seen_);
        std::uint64_t size = 0;
        session_.get(from, [&](std::string_view piece, std::uint64_t whole) {
            file.write(piece);
            size += piece.size();
            part.set(whole > 0 ? static_cast<double>(size) / static_cast<double>(whole) : 0);
        });
        file.finish();
        return size;
    }

    std::filesystem::path name_for(const url& from) {
        const std::filesystem::path path = from.target.substr(0, from.target.find('?'));
        std::string name = path.filename();
        if (name.empty() || name == "." || name == "..") {
            name = "index.html";
        }
        std::string unique = name;
        for (int i = 2; !names_.insert(unique).second; ++i) {
            unique = name + "." + std::to_string(i);
        }
        return settings_.folder / unique;
    }

    const settings& settings_;
    http_session session_;
    std::set<std::string> names_;
    progress seen_;
};

settings parse_arguments(int argc, char** argv) {
    settings s;
    for (int option = 0; (option = ::getopt(argc, argv, "i:o:c:p:r:t:a:")) != -1;) {
        switch (option) {
        case 'i':
            for (std::ifstream list(optarg); std::getline(list, s.urls.emplace_back());) {
            }
            s.urls.pop_back(); // the one that was not there any more
            break;
        case 'o':
            s.folder = optarg;
            break;
        case 'c':
            s.total = std::atoi(optarg);
            break;
        case 'p':
            s.per_host = std::atoi(optarg);
            break;
        case 'r':
            s.retries = std::atoi(optarg);
            break;
        case 't':
            s.time = std::chrono::duration<double>(std::atof(optarg));
            break;
        case 'a':
            s.trusted = optarg;
            break;
        default:
            std::exit(2);
        }
    }
    s.urls.insert(s.urls.end(), argv + optind, argv + argc);
    return s;
}

} // namespace

int main(int argc, char** argv) {
    const settings s = parse_arguments(argc, argv);
    return weft::run([&s] { return downloader(s).run() ? 0 : 1; });
}
