/* common/base/banned.h - calls that no file of the tree makes; the last include of every .c file.
 *
 * Unbounded writers, parsers that hide errors, process-global time, and blocking waits. */
#ifndef SAM_BASE_BANNED_H
#define SAM_BASE_BANNED_H

#define BANNED(call) call##_is_banned_see_common_base_banned_h

#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef strcpy
#define strcpy(a, b) BANNED(strcpy)
#undef strcat
#define strcat(a, b) BANNED(strcat)
#undef strncpy
#define strncpy(a, b, c) BANNED(strncpy)
#undef strncat
#define strncat(a, b, c) BANNED(strncat)
#undef strtok
#define strtok(a, b) BANNED(strtok)
#undef atoi
#define atoi(a) BANNED(atoi)
#undef atol
#define atol(a) BANNED(atol)
#undef gmtime
#define gmtime(a) BANNED(gmtime)
#undef localtime
#define localtime(a) BANNED(localtime)
#undef asctime
#define asctime(a) BANNED(asctime)
#undef ctime
#define ctime(a) BANNED(ctime)
#undef rand
#define rand() BANNED(rand)
#undef sleep
#define sleep(a) BANNED(sleep)
#undef usleep
#define usleep(a) BANNED(usleep)
#undef system
#define system(a) BANNED(system)

#endif
