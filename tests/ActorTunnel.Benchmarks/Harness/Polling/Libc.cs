using System.Runtime.InteropServices;

namespace ActorTunnel.Benchmarks.Harness.Polling;

/// <summary>
/// The few calls of Linux's C library that the harness's sockets are made of. The base library's <c>Socket</c> costs a thread hop or an allocation where
/// these cost neither, and a connect that would block is an exception there.
/// </summary>
internal static unsafe partial class Libc
{
    public const int WouldBlock = 11;
    public const int InProgress = 115;
    public const int Interrupted = 4;
    public const int DescriptorsUsedUp = 24;

    public const int Inet = 2;
    public const int StreamNonBlocking = 1 | 0x800 | 0x80000; // SOCK_STREAM, SOCK_NONBLOCK, SOCK_CLOEXEC.
    public const int NonBlocking = 0x800 | 0x80000;
    public const int NoSignal = 0x4000;
    public const int ShutdownSend = 1;

    public const int SocketLevel = 1;
    public const int ReuseAddress = 2;
    public const int PendingError = 4;
    public const int Linger = 13;
    public const int TcpLevel = 6;
    public const int NoDelay = 1;

    public const int CloseOnExec = 0x80000;
    public const int EpollAdd = 1;
    public const int EpollRemove = 2;
    public const int EpollChange = 3;

    private const string Name = "libc";

    [LibraryImport(Name, EntryPoint = "socket", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport(Name, EntryPoint = "connect", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Connect(int socket, byte* address, int length);

    [LibraryImport(Name, EntryPoint = "bind", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Bind(int socket, byte* address, int length);

    [LibraryImport(Name, EntryPoint = "listen", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Listen(int socket, int backlog);

    [LibraryImport(Name, EntryPoint = "accept4", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Accept(int socket, byte* address, int* length, int flags);

    [LibraryImport(Name, EntryPoint = "recv", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Receive(int socket, byte* buffer, nint length, int flags);

    [LibraryImport(Name, EntryPoint = "send", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Send(int socket, byte* buffer, nint length, int flags);

    [LibraryImport(Name, EntryPoint = "shutdown", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Shutdown(int socket, int how);

    [LibraryImport(Name, EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Close(int descriptor);

    [LibraryImport(Name, EntryPoint = "setsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SetOption(int socket, int level, int option, byte* value, int length);

    [LibraryImport(Name, EntryPoint = "getsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int GetOption(int socket, int level, int option, byte* value, int* length);

    [LibraryImport(Name, EntryPoint = "epoll_create1", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EpollCreate(int flags);

    [LibraryImport(Name, EntryPoint = "epoll_ctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EpollControl(int epoll, int operation, int descriptor, byte* entry);

    [LibraryImport(Name, EntryPoint = "epoll_wait", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EpollWait(int epoll, byte* entries, int most, int milliseconds);
}
