#include "tools/clusterctl/control_client.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace simcluster::clusterctl {

namespace {

class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  ~Connection() {
    if (fd_ >= 0) close(fd_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

std::string read_line(int fd) {
  std::string line;
  std::array<char, 65'536> piece;
  while (line.find('\n') == std::string::npos) {
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return {};
    line.append(piece.data(), static_cast<std::size_t>(got));
  }
  return line.substr(0, line.find('\n'));
}

}  // namespace

Result<nlohmann::json> ask(const std::string& socket_path, const nlohmann::json& request) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path)
    return fail(fmt::format("{} is too long for a socket", socket_path));
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  const Connection connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(connection.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail(fmt::format("clusterd does not answer at {}: {}", socket_path, std::generic_category().message(errno)));
  if (!send_all(connection.fd(), request.dump() + "\n")) return fail("clusterd closed the connection");
  nlohmann::json answer = nlohmann::json::parse(read_line(connection.fd()), nullptr, false);
  if (!answer.is_object()) return fail("clusterd closed the connection");
  if (!answer.value("ok", false)) return fail(answer.value("error", "clusterd gave no reason"));
  return answer;
}

}  // namespace simcluster::clusterctl
