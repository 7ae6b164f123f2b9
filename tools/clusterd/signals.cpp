#include "tools/clusterd/signals.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "tools/clusterd/system_error.h"

namespace simcluster::clusterd {

Result<std::unique_ptr<Signals>> Signals::catch_all(EventLoop& loop, std::initializer_list<int> signals,
                                                    std::function<void(int signal)> caught) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  if (pthread_sigmask(SIG_BLOCK, &set, nullptr) != 0) return system_failure("block signals");
  FileDescriptor fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd) return system_failure("create a signal descriptor");
  std::unique_ptr<Signals> result(new Signals(loop, std::move(fd)));
  loop.watch(result->fd_.get(), EPOLLIN, [raw = result->fd_.get(), caught = std::move(caught)](std::uint32_t) {
    signalfd_siginfo info{};
    while (::read(raw, &info, sizeof info) == sizeof info) caught(static_cast<int>(info.ssi_signo));
  });
  return result;
}

}  // namespace simcluster::clusterd
