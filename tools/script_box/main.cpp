#include <cstring>
#include <string>
#include <string_view>

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sim/scripts/message.h"
#include "tools/script_box/box.h"

namespace script_box {

void give_up(const std::string& what) {
  std::string bytes;
  simcluster::sim::append_message(bytes, {"failed", what});
  const ssize_t written = write(kControl, bytes.data(), bytes.size());
  _exit(written < 0 ? 2 : 1);
}

}  // namespace script_box

int main(int argc, char** argv) {
  std::string_view name = argc > 0 ? argv[0] : "";
  name = name.substr(name.rfind('/') + 1);
  if (name != "simcluster-script-box") return script_box::run_command(name, argc, argv);
  // NODE COMMAND...
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (argc < 2) return 2;
  script_box::enter_namespaces();
  script_box::build_root(argv[1], {argv + 2, argv + argc});
  return script_box::serve();
}
