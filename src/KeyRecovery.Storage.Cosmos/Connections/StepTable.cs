using System.Net;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Cosmos.Connections;

/// <summary>What an answer means: the one table of statuses.</summary>
internal static class StepTable
{
    // A logical partition has its 20 GB, or the account may not grow.
    private const int PartitionIsFull = 1014;

    /// <summary>Retried with another writer of the same document; the SDK has given up.</summary>
    private const HttpStatusCode RetryWith = (HttpStatusCode)449;

    /// <summary>Whether a step is done; null where the answer says neither that nor that it was refused.</summary>
    public static bool? IsDone(RowWrite step, Answer answer) => (step, answer.Status) switch
    {
        (RowWrite.Create or RowWrite.Ensure, HttpStatusCode.Created) => true,
        (RowWrite.Create, HttpStatusCode.Conflict) => false,
        (RowWrite.Ensure or RowWrite.Replace, HttpStatusCode.OK) => true,
        (RowWrite.Delete or RowWrite.Remove, HttpStatusCode.NoContent) => true,
        (RowWrite.Replace or RowWrite.Delete, HttpStatusCode.PreconditionFailed) => false,
        (RowWrite.Replace or RowWrite.Delete, HttpStatusCode.NotFound) when answer.IsAbsent => false,
        (RowWrite.Remove, HttpStatusCode.NotFound) when answer.IsAbsent => true,
        _ => null,
    };

    /// <summary>
    /// Why a request was not answered. Busy and full are what the service says before it does anything; after all else
    /// a write may have been done.
    /// </summary>
    public static StoreFault FaultOf(Answer answer) => answer.Status switch
    {
        HttpStatusCode.TooManyRequests or RetryWith => StoreFault.Busy,
        HttpStatusCode.Forbidden when answer.SubStatus == PartitionIsFull => StoreFault.Full,
        _ => StoreFault.Failed,
    };
}
