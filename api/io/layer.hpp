// SPDX-License-Identifier: BSL-1.0
//
// A protocol over another transport, such as TLS: it is put over a stream that is open already, by
// stream_core::put_over().
#pragma once

#include "api/io/transport.hpp"

#include <memory>
#include <string>

namespace weft::detail {

class layer : public transport {
  public:
    // What is below, and its owner if it is no constant. `received`: what has come from there and
    // was not read.
    virtual void connect(transport& below, std::unique_ptr<transport> owned,
                         std::string received) = 0;
};

} // namespace weft::detail
