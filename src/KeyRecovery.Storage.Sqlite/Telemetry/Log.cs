using KeyRecovery.Service.Stores;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Sqlite.Telemetry;

/// <summary>What the stores tell an operator. No ids, no values.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error,
        "The {Store} cannot be written ({Reason}): {Writes} writes were refused, and so will others until it can. "
        + "Nothing acknowledged is lost")]
    public static partial void WritesFail(ILogger logger, string store, StoreFault reason, int writes, Exception cause);

    [LoggerMessage(2, LogLevel.Information, "The {Store} can be written again")]
    public static partial void WritesResume(ILogger logger, string store);

    [LoggerMessage(3, LogLevel.Error, "The {Store} could not answer a read")]
    public static partial void ReadFailed(ILogger logger, string store, Exception cause);

    [LoggerMessage(4, LogLevel.Warning,
        "The {Store}'s write-ahead log could not be moved into its file; it keeps growing until it can")]
    public static partial void CheckpointFailed(ILogger logger, string store, Exception cause);

    [LoggerMessage(5, LogLevel.Debug, "Checkpoint of the {Store}: {Copied} of {Frames} frames in {Milliseconds:F1} ms")]
    public static partial void Checkpointed(ILogger logger, string store, int copied, int frames, double milliseconds);

    [LoggerMessage(6, LogLevel.Information, "A new pair of stores was made: {Data} and {Keys}")]
    public static partial void PairMade(ILogger logger, string data, string keys);

    [LoggerMessage(7, LogLevel.Warning, "{Folder} can be read by others than its owner; mode 0700 is meant")]
    public static partial void FolderIsOpen(ILogger logger, string folder);

    [LoggerMessage(8, LogLevel.Information,
        "The {Store} was brought from schema {From} to {To}; older versions of this program no longer open it")]
    public static partial void SchemaUpgraded(ILogger logger, string store, long from, int to);

    [LoggerMessage(9, LogLevel.Error,
        "A journal of the {Store} could not be overwritten: blocks that it gave back may hold a wrapped key, which a "
        + "rotation of KEKs makes worthless")]
    public static partial void JournalNotOverwritten(ILogger logger, string store, Exception cause);
}
