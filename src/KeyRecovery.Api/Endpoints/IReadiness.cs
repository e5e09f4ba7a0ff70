namespace KeyRecovery.Api.Endpoints;

/// <summary>A part of the server that <c>/health/ready</c> tells of.</summary>
internal interface IReadiness
{
    /// <summary>The part's name, which <c>/health/ready</c> tells.</summary>
    string Name { get; }

    /// <summary>Whether the server cannot serve without it.</summary>
    bool IsNeeded => true;

    /// <summary>Whether the part can do its work now; quick, and without side effects.</summary>
    ValueTask<bool> IsReadyAsync(CancellationToken cancellation);
}
