using System.Diagnostics.CodeAnalysis;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Service.Log;

/// <summary>
/// What lies in the log's folder is not what its head says: nobody may sign a checkpoint over it, and the server does
/// not start.
/// </summary>
[SuppressMessage("Design", "CA1032", Justification = "Thrown here alone, and always with the place.")]
public sealed class LogMismatchException : Exception
{
    private LogMismatchException(string message, ulong index) : base(message) => Index = index;

    /// <summary>The first leaf that is concerned, from 0.</summary>
    public ulong Index { get; }

    /// <summary>The same, with the way out where there is no newer copy.</summary>
    internal LogMismatchException OfSize(ulong size) => new(
        $"{Message}. If there is none, a new log is begun with KeyRecovery:Log:BeginAnewAfter={size}; "
        + "auditors will see it",
        Index);

    internal static LogMismatchException Of(LogFault fault) => new(
        $"{fault.Message}: put the newest copy of the log's folder in its place", fault.Index);

    internal static LogMismatchException Edge(ulong size, ulong index) => new(
        $"the log's tiles do not give the tree of size {size} that its head remembers, from leaf {index} on: "
        + "put the newest copy of the log's folder in its place", index);

    internal static LogMismatchException Stranger(string origin) => new(
        $"the published checkpoint is none of the log {origin} under this server's key: it was put there by somebody "
        + "else, or the server's secrets are not those of the log", 0);

    internal static LogMismatchException Ends(ulong published, ulong remembered) => new(
        $"the log's folder is that of a log of size {published}, and its head remembers {remembered}: from leaf "
        + $"{published} on it is missing. Put the newest copy of the log's folder in its place", published);

    internal static LogMismatchException Forked(ulong published, ulong remembered, ulong index) => new(
        $"the published checkpoint of size {published} and the log's head of size {remembered} are not of one log: "
        + $"they differ at leaf {index}. Nothing is signed until one of them is put right", index);
}
