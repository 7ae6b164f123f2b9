// The local control socket: one line of JSON asks, one line answers. Who may ask is decided by the kernel's word on the
// other end's user and groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "engine/base/error.h"
#include "tools/clusterd/event_loop.h"
#include "tools/clusterd/file_descriptor.h"

namespace simcluster::clusterd {

enum class Rights : std::uint8_t { kNone, kRead, kAll };

class ControlServer {
 public:
  // Returns the answer, without the end of line.
  using Handler = std::function<std::string(std::string_view request, Rights rights)>;

  struct Access {
    std::string group;  // its members may do everything; one that does not exist has none
    bool others_may_read = false;
    // While it says yes, nobody but root, hacluster and the user of this daemon may do anything; absent: no.
    std::function<bool()> owners_only = {};
    // Who has done nothing for so long makes room for others.
    Duration idle = seconds(10);
  };
  // Replaces a socket that nobody listens on any more; an error when somebody does.
  static Result<std::unique_ptr<ControlServer>> listen(EventLoop& loop, const std::string& path, Access access,
                                                       Handler handler);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // What a client can make grow; those that may only look, or nothing, less of it.
  // Who comes when there are so many takes the place of one that is idle.
  static constexpr std::size_t kMaxClients = 64;
  static constexpr std::size_t kMaxLookers = 16;
  static constexpr std::size_t kMaxRequest = 64UL << 20;
  static constexpr std::size_t kMaxQuestion = 4096;

 private:
  struct Client {
    FileDescriptor socket;
    Rights rights = Rights::kNone;
    bool owner = false;
    Duration heard;  // uptime when it did something last
    std::string in;
    std::size_t searched = 0;  // of `in`, for the end of a line
    std::string out;
  };
  ControlServer(EventLoop& loop, FileDescriptor socket, std::string path, Access access, Handler handler);
  void accept_clients();
  void set_rights(Client& client) const;
  Rights rights_now(const Client& client) const;
  bool make_room(bool for_looker);
  void on_client(int fd, std::uint32_t events);
  static bool read_some(Client& client);
  bool answer(Client& client);
  static bool write_answers(Client& client);
  void close(int fd);

  EventLoop& loop_;
  FileDescriptor socket_;
  std::string path_;
  Access access_;
  Handler handler_;
  const std::optional<gid_t> group_;
  const std::optional<uid_t> manager_;  // hacluster
  std::map<int, std::unique_ptr<Client>> clients_;
};

}  // namespace simcluster::clusterd
