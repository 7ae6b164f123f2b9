// The cluster's command-line tools (AT part I): arguments in; output, error text, exit status and wishes out. No tool
// reads a file, a clock or an environment of its own: all of that is in its surroundings.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/cib/document.h"

namespace simcluster::commands {

using Arguments = std::vector<std::string>;

// Why there is no CIB.
enum class Connection : std::uint8_t {
  kOpen,
  kNone,     // no CIB manager, and no CIB_file
  kNoFile,   // CIB_file names nothing
  kInvalid,  // CIB_file is no CIB
};

// The manager that runs on the node where the tool is typed.
struct LiveNode {
  std::string name;
  std::uint32_t id = 0;
  std::string dc;                    // empty: none
  std::vector<std::string> members;  // of the partition, by ascending node id
  bool quorate = false;
  // State of a node's controller; empty: it does not answer.
  std::function<std::string(std::string_view node)> state_of;
};

struct Surroundings {
  Connection connection = Connection::kNone;
  const cib::Document* cib = nullptr;  // when kOpen: as the manager or the file has it
  std::string cib_file;                // for messages; empty: there is a manager
  const LiveNode* live = nullptr;      // none: there is but a file
  std::string host_name;               // of the machine, for tools on a file
  Profile profile;                     // of the release that the tool belongs to
  std::int64_t now = 0;                // seconds since 1970
  bool can_wait = false;               // tools may sleep and run agents
  // The bytes of a file; of standard input for an empty name.
  std::function<Result<std::string>(const std::string& file)> read;
};

// What is asked of the attribute manager.
struct AttributeWish {
  std::string name;
  std::string node;                  // empty: this one
  std::optional<std::string> value;  // none: deleted
  std::optional<std::int64_t> dampen_ms;
};

// What is asked of the controllers: to forget the history of a resource, all of it or what failed.
struct ForgetWish {
  bool failed_only = false;  // --cleanup
  std::string resource;      // empty: all
  std::string node;          // empty: all
};

struct Outcome;

// A tool that sleeps, and goes on with what surrounds it then.
struct Pause {
  std::int64_t ms = 0;
  std::function<Outcome(const Surroundings& surroundings)> go_on;
};

// An agent that a tool runs on its node.
struct AgentCall {
  AgentRequest request;
  // What the tool says of it. `rc_text`: the exit code in words.
  std::function<Outcome(int rc, std::string_view rc_text, std::string_view output)> after;
};

struct Outcome {
  enum class Write : std::uint8_t {
    kNothing,
    kDocument,  // `cib` takes the place of what was there
    kBump,      // the same, with nothing new but the version
    kErase,     // the same, with nothing in it
  };

  std::string output;
  std::string error;
  int status = 0;
  Write write = Write::kNothing;
  cib::Document cib;
  std::string client;  // who changes the CIB, where that is not the tool itself
  std::vector<AttributeWish> attributes;
  std::vector<ForgetWish> forget;
  // What the tool does next, once all the above is done. Only where the surroundings can wait.
  std::optional<Pause> pause;
  std::optional<AgentCall> agent;
  // Files that the tool writes: name and text.
  std::vector<std::pair<std::string, std::string>> files;
};

struct Tool {
  std::string_view name;
  std::string_view summary;  // one line
  Outcome (*run)(const Arguments& arguments, const Surroundings& surroundings);
};

// In the order of the specification.
std::span<const Tool> tools();
// None when there is no such tool.
const Tool* find_tool(std::string_view name);

}  // namespace simcluster::commands
