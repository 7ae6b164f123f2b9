#include "tools/clusterd/machine_reset.h"

#include <cstdlib>

#include <fcntl.h>
#include <linux/reboot.h>
#include <signal.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

namespace simcluster::clusterd {

namespace {

// The key of the kernel's "magic SysRq" that boots at once; works where reboot(2) is held up by a driver.
void press_sysrq_b() {
  const int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  static_cast<void>(!write(fd, "b", 1));
  close(fd);
}

}  // namespace

void reset_machine(const std::string& command) {
  if (!command.empty()) {
    const pid_t child = fork();
    if (child == 0) {
      execl(command.c_str(), command.c_str(), static_cast<char*>(nullptr));
      _exit(127);
    }
    if (child > 0) waitpid(child, nullptr, 0);
  } else {
    press_sysrq_b();
    ::reboot(static_cast<int>(LINUX_REBOOT_CMD_RESTART));
  }
  // Neither worked: the least that can be done is to do nothing more in the cluster's name.
  signal(SIGABRT, SIG_DFL);
  abort();
}

}  // namespace simcluster::clusterd
