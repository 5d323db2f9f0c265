tidemark_test(store_faulty_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/store_faulty_test.cc
  LIBS tidemark_fakes LABELS unit)
