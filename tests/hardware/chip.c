/* Stands in for the kernel's /dev/gpiochip0 and /dev/i2c-1: passes what lgpio asks of them to the chip of a test,
 * over a Unix socket. A line is a connection, so that a process that ends, however it does, lets go of its lines. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/i2c-dev.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINES = 54, FDS = 1024 };
enum { NONE, CHIP, LINE, I2C };
struct question { char what; uint8_t pin, value; uint8_t unused; uint32_t flags; };
struct answer { int32_t error; uint32_t value; };
static char kind[FDS];

static int mine(int fd) { return fd >= 0 && fd < FDS ? kind[fd] : NONE; }

static int connected(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, getenv("CHIP_SOCKET"), sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    errno = ENODEV;
    return -1;
}

static int ask(int fd, struct question question, uint32_t *value)
{
    struct answer answer = {EIO, 0};
    if (send(fd, &question, sizeof question, MSG_NOSIGNAL) < 0 || recv(fd, &answer, sizeof answer, 0) <= 0)
        answer.error = ENODEV;
    if (value) *value = answer.value;
    errno = answer.error;
    return answer.error ? -1 : 0;
}

static int request_line(struct gpio_v2_line_request *request)
{
    struct question question = {'L', request->offsets[0], 0, 0, request->config.flags};
    for (unsigned i = 0; i < request->config.num_attrs; i++)
        if (request->config.attrs[i].attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES)
            question.value = request->config.attrs[i].attr.values & 1;
    int fd = connected();
    if (fd < 0) return -1;
    if (ask(fd, question, NULL) < 0) { int error = errno; close(fd); errno = error; return -1; }
    kind[fd] = LINE;
    request->fd = fd;
    return 0;
}

static int chip_ioctl(unsigned long what, void *argument)
{
    if (what == GPIO_GET_CHIPINFO_IOCTL) {
        *(struct gpiochip_info *)argument = (struct gpiochip_info){"gpiochip0", "pinctrl-emulated", LINES};
        return 0;
    }
    if (what == GPIO_V2_GET_LINEINFO_IOCTL) {
        struct gpio_v2_line_info *info = argument;
        uint32_t flags = 0;
        int fd = connected(), done = fd < 0 ? -1 : ask(fd, (struct question){.what = 'I', .pin = info->offset}, &flags);
        if (fd >= 0) close(fd);
        info->flags = flags;
        return done;
    }
    if (what == GPIO_V2_GET_LINE_IOCTL) return request_line(argument);
    errno = ENOTTY;
    return -1;
}

static int line_ioctl(int fd, unsigned long what, struct gpio_v2_line_values *values)
{
    uint32_t value = 0;
    switch ((unsigned)what) {
    case GPIO_V2_LINE_SET_VALUES_IOCTL:
        return ask(fd, (struct question){.what = 'S', .value = values->bits & 1}, NULL);
    case GPIO_V2_LINE_GET_VALUES_IOCTL:
        if (ask(fd, (struct question){.what = 'G'}, &value) < 0) return -1;
        values->bits = value;
        return 0;
    default:
        errno = ENOTTY;
        return -1;
    }
}

static int opened(const char *path)
{
    int i2c = strcmp(path, "/dev/i2c-1") == 0, fd = connected();
    if (fd >= 0 && fd < FDS) kind[fd] = i2c ? I2C : CHIP;
    return fd;
}

static int ours(const char *path) { return !strcmp(path, "/dev/gpiochip0") || !strcmp(path, "/dev/i2c-1"); }

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...)                                                                         \
    {                                                                                                                  \
        static int (*real)(const char *, int, ...);                                                                    \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;                                              \
        va_end(rest);                                                                                                  \
        if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name);                                    \
        return ours(path) ? opened(path) : real(path, flags, mode);                                                    \
    }
OPEN(open)
OPEN(open64)

int close(int fd)
{
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "close");
    if (mine(fd)) kind[fd] = NONE;
    return real(fd);
}

int ioctl(int fd, unsigned long what, ...)
{
    static int (*real)(int, unsigned long, ...);
    va_list rest;
    va_start(rest, what);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (!real) real = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
    switch (mine(fd)) {
    case CHIP: return chip_ioctl((unsigned)what, argument);
    case LINE: return line_ioctl(fd, (unsigned)what, argument);
    case I2C:
        if (what == I2C_SLAVE) return ask(fd, (struct question){.what = 'A', .pin = (uint8_t)(uintptr_t)argument}, NULL);
        errno = ENOTTY;
        return -1;
    default: return real(fd, what, argument);
    }
}
