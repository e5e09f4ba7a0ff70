using KeyRecovery.Service.Stores;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Cosmos.Telemetry;

/// <summary>What the stores tell an operator. No ids, no values.</summary>
internal static partial class Log
{
    [LoggerMessage(20, LogLevel.Error, "The {Store} did not do a write of {Table}: {Status} ({Reason})")]
    public static partial void WriteFailed(
        ILogger logger, string store, string table, string status, StoreFault reason, Exception? cause);

    [LoggerMessage(21, LogLevel.Error, "The {Store} did not answer a read of {Table}: {Status} ({Reason})")]
    public static partial void ReadFailed(
        ILogger logger, string store, string table, string status, StoreFault reason, Exception? cause);

    [LoggerMessage(22, LogLevel.Error,
        "The {Store} does not answer ({Status}). It is asked again by one request every {Seconds} s, and until one is "
        + "answered nothing else is sent")]
    public static partial void CircuitOpened(ILogger logger, string store, string status, double seconds);

    [LoggerMessage(24, LogLevel.Warning,
        "The step of the {Store} to schema {Schema} is not finished: what came with it is not written until migrate "
        + "--finish was run, when no older version runs any more")]
    public static partial void StepUnfinished(ILogger logger, string store, int schema);

    [LoggerMessage(23, LogLevel.Warning, "The {Store} answers again")]
    public static partial void CircuitClosed(ILogger logger, string store);
}
