namespace KeyRecovery.Api.Endpoints;

/// <summary>A part of the server without which it cannot serve.</summary>
internal interface IReadiness
{
    /// <summary>The part's name, which <c>/health/ready</c> tells.</summary>
    string Name { get; }

    /// <summary>Whether the part can do its work now; quick, and without side effects.</summary>
    ValueTask<bool> IsReadyAsync(CancellationToken cancellation);
}
