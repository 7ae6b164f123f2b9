// A private world for the scripts of one machine: a process of this computer in namespaces of its own
// (tools/script_box), with the machine's name, a file system in memory, and commands that ask the simulator.
//
// Nothing in it runs while the simulator does: run() lets the scripts go on, and returns when all of them sleep.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "engine/base/error.h"
#include "sim/scripts/message.h"

namespace simcluster::sim {

class ScriptBox {
 public:
  // `commands` are those that the simulator answers. Fails where the user may not make namespaces.
  static Result<std::unique_ptr<ScriptBox>> open(const std::string& machine, const std::vector<std::string>& commands);
  // Ends everything in it.
  ~ScriptBox();
  ScriptBox(const ScriptBox&) = delete;
  ScriptBox& operator=(const ScriptBox&) = delete;

  // Kept until run().
  void send(const Message& message) { append_message(output_, message); }
  // Lets the scripts run; what happened until all of them slept, in an order that depends on nothing else.
  Result<std::vector<Message>> run();

 private:
  ScriptBox() = default;
  Result<Message> receive();

  pid_t pid_ = 0;
  int socket_ = -1;
  std::string input_;
  std::string output_;
};

// Why there can be no boxes here; nothing: there can.
const std::string& why_no_scripts();

}  // namespace simcluster::sim
