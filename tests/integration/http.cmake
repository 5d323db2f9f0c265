# Waits for time-outs of the real server; the machine's other work makes it slower, never wrong.
tidemark_test(http_limits_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/http_limits_test.cc
              LIBS tidemark_serve LABELS integration TIMEOUT 120)
