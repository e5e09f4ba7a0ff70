using System.Text.Json;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos.Telemetry;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Cosmos.Connections;

/// <summary>What a reader is told that gets no answer, or one that cannot be read.</summary>
internal static class Faults
{
    /// <summary>That an answer is not what was asked for.</summary>
    public static StoreUnavailableException Unread(ILogger logger, StoreAccount account, Table table, Answer answer)
    {
        var fault = StepTable.FaultOf(answer);
        // While the circuit is open, its own line says so.
        if (!answer.IsHeld)
            Log.ReadFailed(logger, account.Role, table.Name, answer.Words, fault, answer.Cause);
        return new StoreUnavailableException(
            fault, $"the {account.Role} did not answer ({table}: {answer.Words})", answer.Cause);
    }

    /// <summary>What a document is decoded to.</summary>
    /// <exception cref="StoreUnavailableException">It is not what this program writes.</exception>
    public static T Decoded<T>(ILogger logger, StoreAccount account, Table table, Func<T> decode)
    {
        try
        {
            return decode();
        }
        catch (JsonException e)
        {
            throw Unread(logger, account, table, new Answer(0, 0, Cause: e));
        }
    }
}
