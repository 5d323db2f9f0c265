tidemark_test(store_faulty_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/store_faulty_test.cc ${PROJECT_SOURCE_DIR}/tests/fakes/faulty_store.cc
  LIBS tidemark_store LABELS unit)
