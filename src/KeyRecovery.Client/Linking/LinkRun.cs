using System.Net;
using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Linking;

namespace KeyRecovery.Client.Linking;

/// <summary>
/// Carries one side's states over the relay: sends what a step gives, waits for what the next one takes.
/// </summary>
internal sealed class LinkRun(KeyRecoveryOptions options, LinkRelay relay, CancellationToken ct)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FarewellTime = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CleanupTime = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _wait =
        Min(LongestWait, options.RequestTimeout > Margin ? options.RequestTimeout - Margin : TimeSpan.Zero);
    private LinkState? _state;
    private Task<Result<byte[]>>? _receiving;
    private ReadOnlyMemory<byte> _underWay;
    private int _sent;
    private int _received;

    /// <summary>
    /// Where the new device claimed the session from, once its first message is here and if the relay said so.
    /// </summary>
    public IPNetwork? PeerNetwork { get; private set; }

    /// <summary>Takes a step, sends its message, and gives the next state.</summary>
    public Task<T> GoAsync<T>(LinkStep<T> step) => step switch
    {
        LinkStep<T>.Next next => EnterAsync(next.State, next.Message),
        LinkStep<T>.Failed failed => throw Stop(failed.Reason, failed.Farewell),
        _ => throw new InvalidOperationException("a step is one of two"),
    };

    /// <summary>Takes a step of which another way leads on as well.</summary>
    public async Task<(TNext? Next, TAgain? Again)> GoAsync<TNext, TAgain>(LinkFork<TNext, TAgain> fork)
        where TNext : class where TAgain : class => fork switch
        {
            LinkFork<TNext, TAgain>.Next next => (await EnterAsync(next.State, next.Message), null),
            LinkFork<TNext, TAgain>.Again again => (null, await EnterAsync(again.State, again.Message)),
            LinkFork<TNext, TAgain>.Failed failed => throw Stop(failed.Reason, failed.Farewell),
            _ => throw new InvalidOperationException("a fork is one of three"),
        };

    /// <summary>
    /// As <see cref="GoAsync{TNext, TAgain}"/> for the fork whose way on is the end: this side has all that it came
    /// for, whether or not its last message still reaches anybody.
    /// </summary>
    public async Task<(TNext? Next, TAgain? Again)> FinishAsync<TNext, TAgain>(LinkFork<TNext, TAgain> fork)
        where TNext : class where TAgain : class
    {
        if (fork is not LinkFork<TNext, TAgain>.Next end) return await GoAsync(fork);
        _state = null;
        using var limit = new CancellationTokenSource(CleanupTime, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            await relay.PutAsync(_sent, end.Message, either.Token);
        }
        catch (OperationCanceledException)
        {
            // The other device finds this one in the account all the same.
        }
        return (end.State, null);
    }

    /// <summary>Enters a state, after its message is on the relay.</summary>
    public async Task<T> EnterAsync<T>(T state, ReadOnlyMemory<byte> message)
    {
        _state = state as LinkState;
        if (!message.IsEmpty) await SendAsync(message);
        return state;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> message)
    {
        _underWay = message;
        if (await relay.PutAsync(_sent, message, ct) is { } failure) throw Fail(failure);
        _underWay = default;
        _sent++;
    }

    /// <summary>The other side's next message.</summary>
    public async Task<byte[]> ReceiveAsync()
    {
        var heard = await (_receiving ??= WaitAsync());
        if (!heard.TryGet(out var message, out var failure)) throw Fail(failure);
        _receiving = null;
        return message;
    }

    /// <summary>
    /// Asks the person, and goes on listening: while they think, the other side has nothing to say but that it stops.
    /// </summary>
    public async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask)
    {
        using var asking = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var answer = ask(asking.Token);
        var heard = _receiving ??= WaitAsync();
        if (await Task.WhenAny(answer, heard) == answer) return await answer;
        await asking.CancelAsync();
        _ = answer.ContinueWith(static t => t.Exception, TaskScheduler.Default);
        throw Fail((await heard).TryGet(out _, out var failure)
            ? new ClientFailure.LinkEnded(LinkFailure.Cancelled) : failure);
    }

    /// <summary>Ends the session because the person said no.</summary>
    public static LinkStop Decline(ConnectedState state) => Stop(LinkFailure.Declined, state.Decline());

    /// <summary>Ends the session because something else failed on this side.</summary>
    public LinkStop Fail(ClientFailure failure) => new(failure, Cancel());

    /// <summary>
    /// Tells the other side, where there is a word for it, and deletes the session. Best effort, and never for long.
    /// </summary>
    public async Task EndAsync(ReadOnlyMemory<byte> farewell = default)
    {
        using var limit = new CancellationTokenSource(CleanupTime, options.Time);
        try
        {
            if (!farewell.IsEmpty && await SayAsync(farewell, limit.Token))
                await Task.Delay(FarewellTime, options.Time, limit.Token);
            await relay.DeleteAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The relay forgets the session by itself, five minutes after its claim at the latest.
        }
        if (_receiving is { } receiving) _ = receiving.ContinueWith(static t => t.Exception, TaskScheduler.Default);
    }

    /// <summary>Zeroes the state that the session has come to.</summary>
    /// <returns>The message that tells the other side; empty where there is no channel.</returns>
    public ReadOnlyMemory<byte> Cancel()
    {
        var state = _state;
        _state = null;
        if (state is ConnectedState connected) return connected.Cancel();
        state?.Dispose();
        return default;
    }

    // A message whose sending was cut short may be there or not; the farewell is only understood after it.
    private async Task<bool> SayAsync(ReadOnlyMemory<byte> farewell, CancellationToken limit)
    {
        if (!_underWay.IsEmpty && await relay.PutAsync(_sent++, _underWay, limit) is not null) return false;
        return await relay.PutAsync(_sent, farewell, limit) is null;
    }

    // It listens beside a question to the person, and so leaves the state to whoever goes on with it.
    private async Task<Result<byte[]>> WaitAsync()
    {
        while (true)
        {
            switch (await relay.GetAsync(_received, _wait, ct))
            {
                case Answer.Success { Status: HttpStatusCode.NoContent }:
                    break;
                case Answer.Success { MediaType: null or ApiRequest.Octets } success:
                    if (_received++ == 0) PeerNetwork = success.PeerNetwork;
                    return success.Body;
                case var other:
                    // Of something between, where it is no message: nobody on the other side has sent it.
                    return LinkRelay.FailureOf(other);
            }
        }
    }

    private static LinkStop Stop(LinkFailure reason, ReadOnlyMemory<byte> farewell) =>
        new(new ClientFailure.LinkEnded(reason), farewell);

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
