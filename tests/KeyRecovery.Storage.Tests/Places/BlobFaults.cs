using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace KeyRecovery.Storage.Tests.Places;

/// <summary>What may become of a request to a service of Azure.</summary>
public enum BlobFault
{
    /// <summary>It never arrives.</summary>
    Unsent,

    /// <summary>It is done, and the answer is lost.</summary>
    AnswerLost,

    /// <summary>It is done, and a gateway says that it does not know.</summary>
    DoneAnd503,

    /// <summary>The service is busy.</summary>
    Answer503,

    /// <summary>There are too many requests.</summary>
    Answer429,

    /// <summary>The container is on its way out.</summary>
    Answer409,

    /// <summary>Somebody says that the condition failed, where nobody else wrote.</summary>
    Answer412,

    /// <summary>It takes its time.</summary>
    Late,
}

/// <summary>Does to one of the requests that go through what a fault does, and notes where all of them went.</summary>
/// <param name="fault">What is done.</param>
/// <param name="at">To which try, from 0.</param>
/// <param name="host">Where all of them must go.</param>
public sealed class FaultPolicy(BlobFault fault, int at, string host = "127.0.0.1") : HttpPipelinePolicy
{
    private int _count = -1;

    /// <summary>Whether it came to that.</summary>
    public bool WasReached => _count >= at;

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("nothing waits here");

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Assert.Equal(host, message.Request.Uri.Host);
        if (Interlocked.Increment(ref _count) != at)
        {
            await ProcessNextAsync(message, pipeline);
            return;
        }

        if (fault == BlobFault.Unsent) throw new IOException("the connection was refused");
        if (fault == BlobFault.Late) await Task.Delay(50);
        if (fault is BlobFault.AnswerLost or BlobFault.DoneAnd503 or BlobFault.Late)
        {
            await ProcessNextAsync(message, pipeline);
            if (fault == BlobFault.AnswerLost) throw new IOException("the connection was reset");
            if (fault == BlobFault.Late) return;
        }

        message.Response = fault switch
        {
            BlobFault.Answer429 => new MadeResponse(429, "TooManyRequests"),
            BlobFault.Answer409 => new MadeResponse(409, "ContainerBeingDeleted"),
            BlobFault.Answer412 => new MadeResponse(412, "ConditionNotMet"),
            _ => new MadeResponse(503, "ServerBusy"),
        };
    }
}

/// <summary>An answer that a test makes.</summary>
public sealed class MadeResponse(int status, string? code = null, byte[]? content = null) : Response
{
    private readonly Dictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase);

    public override int Status => status;

    public override string ReasonPhrase => "";

    public override Stream? ContentStream { get; set; } = new MemoryStream(content ?? []);

    public override string ClientRequestId { get; set; } = "";

    /// <summary>With another header.</summary>
    public MadeResponse With(string name, string value)
    {
        _headers[name] = value;
        return this;
    }

    public override void Dispose() { }

    protected override bool TryGetHeader(string name, out string value)
    {
        if (name.Equals("x-ms-error-code", StringComparison.OrdinalIgnoreCase) && code is not null)
        {
            value = code;
            return true;
        }

        return _headers.TryGetValue(name, out value!);
    }

    protected override bool TryGetHeaderValues(string name, out IEnumerable<string> values)
    {
        var found = TryGetHeader(name, out var value);
        values = found ? [value] : [];
        return found;
    }

    protected override bool ContainsHeader(string name) => TryGetHeader(name, out _);

    protected override IEnumerable<HttpHeader> EnumerateHeaders() =>
        _headers.Select(header => new HttpHeader(header.Key, header.Value));
}
