using System.Net;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Cosmos.Connections;

/// <summary>What an answer means: the one table of statuses.</summary>
internal static class StepTable
{
    // A logical partition has its 20 GB, or the account may not grow.
    private const int PartitionIsFull = 1014;

    // The document's session is not at this replica yet.
    private const int SessionIsNotHere = 1002;

    /// <summary>Another writer of the same document was at work; this one did nothing.</summary>
    public const HttpStatusCode RetryWith = (HttpStatusCode)449;

    /// <summary>
    /// Whether a step is done; null where the answer says neither that nor that it was refused. What is refused after
    /// an attempt that may have done it may be refused because of that, and is neither.
    /// </summary>
    public static bool? IsDone(RowWrite step, Answer answer) =>
        Told(step, answer) is { } told && (told || !answer.MayBeDone) ? told : null;

    /// <summary>
    /// Why a request was not answered. Busy and full are what the service says before it does anything: after all else,
    /// and where an attempt before it may have done the write, it may have been done.
    /// </summary>
    public static StoreFault FaultOf(Answer answer) => answer switch
    {
        { MayBeDone: true } => StoreFault.Failed,
        { Status: HttpStatusCode.TooManyRequests or RetryWith } => StoreFault.Busy,
        { Status: HttpStatusCode.Forbidden, SubStatus: PartitionIsFull } => StoreFault.Full,
        _ => StoreFault.Failed,
    };

    /// <summary>Whether the service said what became of this attempt. Else it may be done.</summary>
    public static bool IsTold(Answer answer) => answer.Status switch
    {
        HttpStatusCode.RequestTimeout or HttpStatusCode.Gone => false,
        var status => (int)status is >= 200 and < 500,
    };

    /// <summary>Whether the service holds a write against what is there.</summary>
    public static bool IsRefusal(HttpStatusCode status) =>
        status is HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed or HttpStatusCode.NotFound;

    /// <summary>Whether the same request may be answered better in a moment.</summary>
    public static bool Passes(Answer answer) => answer is
        { IsUnheard: true }
        or { Status: HttpStatusCode.TooManyRequests or RetryWith }
        or { Status: HttpStatusCode.ServiceUnavailable or HttpStatusCode.RequestTimeout or HttpStatusCode.Gone }
        or { Status: HttpStatusCode.NotFound, SubStatus: SessionIsNotHere };

    /// <summary>Whether nobody may be there who answers. A busy account is there.</summary>
    public static bool IsSilence(Answer answer) => answer is { IsUnheard: true }
        or { Status: HttpStatusCode.ServiceUnavailable or HttpStatusCode.RequestTimeout or HttpStatusCode.Gone };

    // What the service says of the attempt that it answers.
    private static bool? Told(RowWrite step, Answer answer) => (step, answer.Status) switch
    {
        (RowWrite.Create or RowWrite.Import or RowWrite.Ensure, HttpStatusCode.Created) => true,
        (RowWrite.Create or RowWrite.Import, HttpStatusCode.Conflict) => false,
        (RowWrite.Ensure or RowWrite.Replace, HttpStatusCode.OK) => true,
        (RowWrite.Delete or RowWrite.Remove, HttpStatusCode.NoContent) => true,
        (RowWrite.Replace or RowWrite.Delete, HttpStatusCode.PreconditionFailed) => false,
        (RowWrite.Replace or RowWrite.Delete, HttpStatusCode.NotFound) when answer.IsAbsent => false,
        (RowWrite.Remove, HttpStatusCode.NotFound) when answer.IsAbsent => true,
        _ => null,
    };
}
