using System.Net;
using KeyRecovery.Storage.Cosmos.Options;

namespace KeyRecovery.Testing.Stores.Cosmos;

/// <summary>
/// The way to accounts, on which one write of a document meets a <see cref="NetworkFault"/>: a write of whoever has set
/// the script, and whatever that calls.
/// </summary>
public sealed class FaultyNetwork
{
    private readonly AsyncLocal<NetworkScript?> _script = new();

    /// <summary>Short, so that what never answers ends soon.</summary>
    public static RequestLimits Limits { get; } = new()
    {
        Attempt = TimeSpan.FromSeconds(1), FirstWait = TimeSpan.FromMilliseconds(5),
        LongestWait = TimeSpan.FromMilliseconds(50), LeastAttempts = 10_000,
    };

    /// <summary>What befalls the caller's writes; null for nothing.</summary>
    public NetworkScript? Script
    {
        get => _script.Value;
        set => _script.Value = value;
    }

    /// <summary>Stands before the network.</summary>
    public HttpMessageHandler Between(HttpMessageHandler next) => new Handler(this, next);

    private sealed class Handler(FaultyNetwork network, HttpMessageHandler next) : DelegatingHandler(next)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Method == HttpMethod.Get
                || !request.RequestUri!.AbsolutePath.Contains("/docs", StringComparison.Ordinal)
                || network.Script?.Next() is not { } fault)
                return await base.SendAsync(request, cancellationToken);
            if (fault.IsDone)
                using (await base.SendAsync(request, CancellationToken.None)) { }
            return await fault.AnswerAsync(cancellationToken);
        }
    }
}

/// <summary>Which write meets a fault, counted from 1.</summary>
/// <param name="fault">The fault.</param>
/// <param name="at">The first write that meets it.</param>
/// <param name="isForGood">Whether all behind it meet it as well.</param>
/// <param name="others">What those meet that do not meet it, counted for itself.</param>
public sealed class NetworkScript(NetworkFault fault, int at, bool isForGood = false, NetworkScript? others = null)
{
    private int _writes;

    /// <summary>Whether a write has met it.</summary>
    public bool HasStruck => Volatile.Read(ref _writes) >= at;

    internal NetworkFault? Next()
    {
        var write = Interlocked.Increment(ref _writes);
        return write == at || (isForGood && write > at) ? fault : others?.Next();
    }
}

/// <summary>What a write meets on its way.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsDone">Whether the write is done, and only its answer is lost.</param>
/// <param name="IsFinal">Whether it is not sent again.</param>
public sealed record NetworkFault(string Name, bool IsDone, bool IsFinal)
{
    /// <summary>All that there are, by name.</summary>
    public static IReadOnlyDictionary<string, NetworkFault> All { get; } = new NetworkFault[]
    {
        new("429", false, false), new("449", false, false), new("503", false, false), new("408", false, false),
        new("410", false, false), new("404/1002", false, false), new("reset", false, false),
        new("silence", false, false), new("403", false, true), new("403/1014", false, true), new("307", false, true),
        new("400 with wrong JSON", false, true), new("503, done", true, false), new("408, done", true, false),
        new("410, done", true, false), new("reset, done", true, false), new("silence, done", true, false),
        new("500, done", true, true), new("endless, done", true, false),
    }.ToDictionary(fault => fault.Name);

    internal async Task<HttpResponseMessage> AnswerAsync(CancellationToken ct)
    {
        var kind = Name.Split(' ', ',')[0];
        if (kind == "silence") await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        if (kind == "reset") throw new HttpRequestException("the connection was reset");
        if (kind == "endless")
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new EndlessStream()) };
        var status = kind.Split('/');
        var response = new HttpResponseMessage((HttpStatusCode)int.Parse(status[0], null))
        {
            Content = new StringContent("{\"wrong\":["),
        };
        response.Headers.Add("x-ms-retry-after-ms", "1");
        if (status.Length > 1) response.Headers.Add("x-ms-substatus", status[1]);
        if (kind == "307") response.Headers.Location = new Uri("https://elsewhere.invalid/");
        return response;
    }

    private sealed class EndlessStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            buffer.AsSpan(offset, count).Fill((byte)' ');
            return count;
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
