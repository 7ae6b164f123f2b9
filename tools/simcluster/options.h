// Options of one subcommand: parsing and help text, by Boost.Program_options behind a narrow door.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/time.h"

namespace simcluster::tools {

class OptionTable {
 public:
  // `usage` is what follows "simcluster", such as "run [OPTION...] FILE...".
  OptionTable(std::string_view usage, std::string_view description);
  ~OptionTable();
  OptionTable(const OptionTable&) = delete;
  OptionTable& operator=(const OptionTable&) = delete;

  // Names are "seed" or "seed,s". Values are set by parse(); an absent option leaves its value untouched.
  void flag(const char* name, const char* help, bool& value);
  void count(const char* name, const char* help, int& value);  // how often it was given
  void text(const char* name, const char* value_name, const char* help, std::string& value);
  void texts(const char* name, const char* value_name, const char* help, std::vector<std::string>& value);
  void number(const char* name, const char* value_name, const char* help, std::optional<std::uint64_t>& value);
  void duration(const char* name, const char* value_name, const char* help, std::optional<Duration>& value);
  // What is left; `required`: at least one.
  void rest(const char* value_name, bool required, std::vector<std::string>& value);
  // Text below the options.
  void epilogue(std::string_view text);

  // True: go on. False: help was asked for and printed. An error is one sentence.
  Result<bool> parse(const std::vector<std::string>& arguments);
  std::string help() const;
  // "--seed" and so on, for completion.
  std::vector<std::string> option_names() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Prints "simcluster: <message>" and the way to the help; returns the exit status for unusable input.
int usage_error(std::string_view command, const Error& error);
// Prints "simcluster: file:line:column: message"; returns the exit status for unusable input.
int input_error(const Error& error);

}  // namespace simcluster::tools
