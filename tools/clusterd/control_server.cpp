#include "tools/clusterd/control_server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/clusterd/system_error.h"

namespace simcluster::clusterd {

namespace {

std::optional<gid_t> group_id(const std::string& name) {
  group entry{};
  group* found = nullptr;
  std::array<char, 16'384> buffer;
  if (getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return found->gr_gid;
}

bool belongs_to(uid_t user, gid_t primary, gid_t group) {
  if (primary == group) return true;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16'384> buffer;
  if (getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return false;
  int count = 256;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (getgrouplist(found->pw_name, primary, groups.data(), &count) < 0) return false;
  groups.resize(static_cast<std::size_t>(count));
  return std::ranges::find(groups, group) != groups.end();
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(fmt::format("{} is too long for a socket (at most {} bytes)", path, sizeof address.sun_path - 1));
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::listen(EventLoop& loop, const std::string& path, Access access,
                                                             Handler handler) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  const auto* raw = reinterpret_cast<const sockaddr*>(&*address);
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return system_failure("create the control socket");
  // A file without a listener is what a killed daemon leaves behind.
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(probe.get(), raw, sizeof *address) == 0)
    return fail(fmt::format("{}: another clusterd is running here", path));
  ::unlink(path.c_str());
  if (bind(socket.get(), raw, sizeof *address) != 0 || ::listen(socket.get(), 16) != 0)
    return system_failure(fmt::format("listen on {}", path));
  // Everybody may knock; rights_of() decides.
  ::chmod(path.c_str(), 0666);
  return std::unique_ptr<ControlServer>(
      new ControlServer(loop, std::move(socket), path, std::move(access), std::move(handler)));
}

ControlServer::ControlServer(EventLoop& loop, FileDescriptor socket, std::string path, Access access, Handler handler)
    : loop_(loop),
      socket_(std::move(socket)),
      path_(std::move(path)),
      access_(std::move(access)),
      handler_(std::move(handler)) {
  loop_.watch(socket_.get(), EPOLLIN, [this](std::uint32_t) { accept_clients(); });
}

ControlServer::~ControlServer() {
  for (const auto& [fd, client] : clients_) loop_.forget(fd);
  loop_.forget(socket_.get());
  ::unlink(path_.c_str());
}

Rights ControlServer::rights_of(int fd) const {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return Rights::kNone;
  if (peer.uid == 0 || peer.uid == geteuid()) return Rights::kAll;
  const auto group = group_id(access_.group);
  if (group && belongs_to(peer.uid, peer.gid, *group)) return Rights::kAll;
  return access_.others_may_read ? Rights::kRead : Rights::kNone;
}

void ControlServer::accept_clients() {
  while (true) {
    FileDescriptor socket(accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) return;
    auto client = std::make_unique<Client>();
    client->rights = rights_of(socket.get());
    const auto lookers =
        std::count_if(clients_.begin(), clients_.end(), [](const auto& c) { return c.second->rights != Rights::kAll; });
    // Closes it: the client sees an end without an answer.
    if (clients_.size() >= kMaxClients) continue;
    if (client->rights != Rights::kAll && lookers >= static_cast<std::ptrdiff_t>(kMaxLookers)) continue;
    const int fd = socket.get();
    client->socket = std::move(socket);
    clients_[fd] = std::move(client);
    loop_.watch(fd, EPOLLIN, [this, fd](std::uint32_t events) { on_client(fd, events); });
  }
}

void ControlServer::close(int fd) {
  loop_.forget(fd);
  clients_.erase(fd);
}

void ControlServer::on_client(int fd, std::uint32_t events) {
  Client& client = *clients_.at(fd);
  const bool open = (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0 || read_some(client);
  if (!answer(client) || !open) return close(fd);
  loop_.change(fd, client.out.empty() ? std::uint32_t{EPOLLIN} : std::uint32_t{EPOLLOUT});
}

// False at the end of what the client has to say.
bool ControlServer::read_some(Client& client) {
  std::array<char, 65'536> piece;
  // Few questions in one round of the loop where anybody may ask.
  const std::size_t room = client.rights == Rights::kAll ? piece.size() : kMaxQuestion;
  const ssize_t got = ::read(client.socket.get(), piece.data(), room);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  client.in.append(piece.data(), static_cast<std::size_t>(got));
  return got != 0;
}

// While an answer waits nothing more is read or asked: a client that does not read cannot make answers pile up.
bool ControlServer::answer(Client& client) {
  const std::size_t most = client.rights == Rights::kAll ? kMaxRequest : kMaxQuestion;
  while (true) {
    if (!write_answers(client)) return false;
    if (!client.out.empty()) return true;
    const std::size_t end = client.in.find('\n', client.searched);
    client.searched = client.in.size();
    if (end == std::string::npos) return client.in.size() <= most;
    client.out = handler_(std::string_view(client.in).substr(0, end), client.rights);
    client.out += '\n';
    client.in.erase(0, end + 1);
    client.searched = 0;
  }
}

bool ControlServer::write_answers(Client& client) {
  while (!client.out.empty()) {
    const ssize_t done = ::send(client.socket.get(), client.out.data(), client.out.size(), MSG_NOSIGNAL);
    if (done < 0) return errno == EAGAIN || errno == EINTR;
    client.out.erase(0, static_cast<std::size_t>(done));
  }
  return true;
}

}  // namespace simcluster::clusterd
