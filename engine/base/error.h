// Errors as values. One error is one clear sentence, with the place in the user's input where there is one.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace simcluster {

// A place in an input: line and column count from 1, 0 means unknown. An empty file means that no input is concerned.
struct SourcePlace {
  std::string file;
  int line = 0;
  int column = 0;
};

struct Error {
  std::string message;
  SourcePlace place;

  // "file:line:column: message", leaving out what is unknown.
  std::string text() const;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message, SourcePlace place = {}) {
  return tl::unexpected<Error>(Error{std::move(message), std::move(place)});
}

}  // namespace simcluster
