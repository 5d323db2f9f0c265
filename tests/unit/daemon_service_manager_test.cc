#include "daemon/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "tests/unit/daemon_fake_view.h"

namespace tidemark {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A service manager's end of the socket.
class ServiceManagerTest : public testing::Test {
 protected:
  ServiceManagerTest() : path_(testing::TempDir() + "notify." + std::to_string(getpid())) {
    socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size());
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    setenv("NOTIFY_SOCKET", path_.c_str(), 1);
    setenv("WATCHDOG_USEC", "30000000", 1);
    unsetenv("WATCHDOG_PID");
  }
  ~ServiceManagerTest() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
    close(socket_);
    unlink(path_.c_str());
  }
  // Everything that was said since the last time.
  std::string Heard() {
    std::string heard;
    char buffer[4096];
    for (ssize_t n; (n = recv(socket_, buffer, sizeof(buffer), 0)) >= 0;) heard.append(buffer, static_cast<size_t>(n));
    return heard;
  }
  const std::string path_;
  int socket_ = -1;
  Lifecycle lifecycle_;
};

TEST_F(ServiceManagerTest, ReadyOnceWhenTheStateIsRestored) {
  ServiceManager manager(&lifecycle_);
  lifecycle_.SetPhase(Phase::kRestoring);
  manager.Tick(seconds(100));
  EXPECT_EQ(Heard(), "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=restoring the stored state\nWATCHDOG=1\n");
  manager.Tick(seconds(102));
  EXPECT_EQ(Heard(), "EXTEND_TIMEOUT_USEC=60000000\n");
  manager.Reloading(seconds(102));  // before it is ready a reload is part of the start
  manager.Reloaded();
  EXPECT_EQ(Heard(), "");
  lifecycle_.SetPhase(Phase::kRunning);
  lifecycle_.Progress(seconds(103));
  manager.Tick(seconds(103));
  EXPECT_EQ(Heard(), "READY=1\n");
  manager.Tick(seconds(104));
  EXPECT_EQ(Heard(), "");
}

TEST_F(ServiceManagerTest, AReloadIsToldWithItsTime) {
  ServiceManager manager(&lifecycle_);
  lifecycle_.SetPhase(Phase::kRunning);
  lifecycle_.Progress(seconds(100));
  manager.Tick(seconds(100));
  Heard();
  manager.Reloading(milliseconds(100'500));
  EXPECT_EQ(Heard(), "RELOADING=1\nMONOTONIC_USEC=100500000\n");
  manager.Reloaded();
  EXPECT_EQ(Heard(), "READY=1\n");
  manager.Stopping();
  EXPECT_EQ(Heard(), "STOPPING=1\nSTATUS=making the last commit\n");
}

TEST_F(ServiceManagerTest, AnEngineThatStandsStillGivesNoSignOfLife) {
  ServiceManager manager(&lifecycle_);
  lifecycle_.SetPhase(Phase::kRunning);
  lifecycle_.Progress(seconds(100));
  for (int second = 100; second <= 160; second += 10) {
    manager.Tick(seconds(second));
    EXPECT_NE(Heard().find("WATCHDOG=1\n"), std::string::npos) << second;
  }
  for (int second = 161; second <= 300; ++second) manager.Tick(seconds(second));
  EXPECT_EQ(Heard().find("WATCHDOG"), std::string::npos);
  lifecycle_.Progress(seconds(300));
  manager.Tick(milliseconds(300'100));
  EXPECT_NE(Heard().find("WATCHDOG=1\n"), std::string::npos);
}

TEST_F(ServiceManagerTest, TroubleIsOneLineOfStatus) {
  ServiceManager manager(&lifecycle_);
  lifecycle_.SetPhase(Phase::kRunning);
  lifecycle_.Progress(seconds(100));
  lifecycle_.SetTrouble("no broker\nREADY=0");
  lifecycle_.Publish(std::make_shared<FakeView>());
  manager.Tick(seconds(100));
  EXPECT_EQ(Heard(), "READY=1\nSTATUS=no partitions assigned yet; no broker READY=0\nWATCHDOG=1\n");
}

TEST_F(ServiceManagerTest, AWatchdogForAnotherProcessIsNotOurs) {
  setenv("WATCHDOG_PID", "1", 1);
  ServiceManager manager(&lifecycle_);
  manager.Tick(seconds(100));
  EXPECT_EQ(Heard().find("WATCHDOG"), std::string::npos);
}

TEST_F(ServiceManagerTest, WithoutAManagerNothingIsSaid) {
  unsetenv("NOTIFY_SOCKET");
  ServiceManager manager(&lifecycle_);
  manager.Tick(seconds(100));
  manager.Stopping();
  EXPECT_EQ(Heard(), "");
  setenv("NOTIFY_SOCKET", ("/tmp/" + std::string(200, 'x')).c_str(), 1);  // longer than an address can be
  ServiceManager other(&lifecycle_);
  other.Tick(seconds(100));
}

}  // namespace
}  // namespace tidemark
