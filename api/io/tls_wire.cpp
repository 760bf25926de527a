// SPDX-License-Identifier: BSL-1.0
#include "api/io/tls_wire.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace weft::detail {

void tls_wire::connect(transport& below, std::unique_ptr<transport> owned, std::string received) {
    below_ = &below;
    owned_below_ = std::move(owned);
    received_ = std::move(received);
}

int tls_wire::failure::error() const {
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    return error_number;
}

// --- reading ---

bool tls_wire::read(std::span<char> out, std::size_t& count, bool& retry) {
    if (taken_ < received_.size()) {
        count = std::min(out.size(), received_.size() - taken_);
        std::memcpy(out.data(), received_.data() + taken_, count);
        taken_ += count;
        if (taken_ == received_.size()) {
            received_ = {};
            taken_ = 0;
        }
        return true;
    }
    if (drained_) {
        retry = true;
        wanted_ = reactor::direction::read;
        return false;
    }
    const attempt a = below_->receive(*descriptor_, out, call_);
    drained_ = a.drained;
    if (a.bytes > 0) {
        count = static_cast<std::size_t>(a.bytes);
        return true;
    }
    if (a.bytes == -EAGAIN) {
        retry = true;
        wanted_ = a.wanted;
    } else if (a.bytes == 0) {
        ended_ = true;
    } else {
        read_failure_.error_number = static_cast<int>(-a.bytes);
    }
    return false;
}

// --- writing ---

void tls_wire::write(std::span<const char> data) {
    if (collected_ + data.size() <= room_.size()) {
        std::memcpy(room_.data() + collected_, data.data(), data.size());
        collected_ += data.size();
        return;
    }
    if (collected_ > 0) {
        send_collected();
    }
    send_or_keep(data);
}

void tls_wire::send_or_keep(std::span<const char> data) {
    while (!data.empty() && kept_.empty()) {
        const iovec piece{const_cast<char*>(data.data()), data.size()};
        const attempt a = below_->send(*descriptor_, {&piece, 1}, call_);
        if (a.bytes == -EAGAIN) {
            break;
        }
        if (a.bytes < 0) {
            write_failure_.error_number = static_cast<int>(-a.bytes);
            return;
        }
        data = data.subspan(static_cast<std::size_t>(a.bytes));
        if (a.unsent) {
            break; // full below
        }
    }
    kept_.append(data);
}

void tls_wire::send_collected() {
    const std::span<const char> records = room_.first(std::exchange(collected_, 0));
    room_ = {};
    try {
        send_or_keep(records);
    } catch (...) {
        write_failure_.thrown = std::current_exception(); // records are lost
        throw;
    }
}

attempt tls_wire::flush() {
    if (const int error = write_failure_.error()) {
        return attempt::failed(error);
    }
    while (!kept_.empty()) {
        const std::string_view text = kept_.view();
        const iovec piece{const_cast<char*>(text.data()), text.size()};
        const attempt a = below_->send(*descriptor_, {&piece, 1}, call_);
        if (a.bytes < 0) {
            if (a.bytes != -EAGAIN) {
                write_failure_.error_number = static_cast<int>(-a.bytes);
            }
            return a;
        }
        kept_.consume(static_cast<std::size_t>(a.bytes));
    }
    return below_->flush(*descriptor_, call_);
}

// --- OpenSSL's side ---

int tls_wire::on_read(BIO* b, char* out, std::size_t size, std::size_t* count) noexcept {
    auto& self = *static_cast<tls_wire*>(BIO_get_data(b));
    BIO_clear_retry_flags(b);
    *count = 0;
    bool retry = false;
    try {
        if (self.read({out, size}, *count, retry)) {
            return 1;
        }
    } catch (...) {
        self.read_failure_.thrown = std::current_exception(); // not through C
    }
    if (retry) {
        BIO_set_retry_read(b);
    }
    return 0;
}

// Never fails: a peer that no longer reads may have written something before, and OpenSSL would not
// read it any more. Who sends asks for write_error().
int tls_wire::on_write(BIO* b, const char* data, std::size_t size, std::size_t* count) noexcept {
    auto& self = *static_cast<tls_wire*>(BIO_get_data(b));
    BIO_clear_retry_flags(b);
    *count = size;
    if (!self.write_failure_.happened()) {
        try {
            self.write({data, size});
        } catch (...) {
            self.write_failure_.thrown = std::current_exception(); // not through C
        }
    }
    return 1;
}

long tls_wire::on_control(BIO* b, int command, long, void*) noexcept {
    switch (command) {
    case BIO_CTRL_FLUSH: // it sends as soon as it can in any case
        return 1;
    case BIO_CTRL_EOF:
        return static_cast<const tls_wire*>(BIO_get_data(b))->ended_ ? 1 : 0;
    default:
        return 0;
    }
}

const BIO_METHOD* tls_wire::method() {
    static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> the_one = [] {
        BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weft");
        if (m == nullptr) {
            throw std::bad_alloc();
        }
        BIO_meth_set_read_ex(m, &tls_wire::on_read);
        BIO_meth_set_write_ex(m, &tls_wire::on_write);
        BIO_meth_set_ctrl(m, &tls_wire::on_control);
        return std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)>(m, &BIO_meth_free);
    }();
    return the_one.get();
}

BIO* tls_wire::make_bio() {
    BIO* made = BIO_new(method());
    if (made == nullptr) {
        throw std::bad_alloc();
    }
    BIO_set_data(made, this);
    BIO_set_init(made, 1);
    return made;
}

} // namespace weft::detail
