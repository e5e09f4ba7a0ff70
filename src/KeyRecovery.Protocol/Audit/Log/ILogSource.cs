namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>Where the files of a log are: a folder, a server. Safe for concurrent use.</summary>
public interface ILogSource
{
    /// <summary>
    /// A file, or null where there is none. Of one that is longer than <see cref="LogReader.MaxFile"/> as much as tells
    /// that it is.
    /// </summary>
    /// <param name="name">Its path below the log's prefix, <c>checkpoint</c> or <c>tile/0/000</c> for example.</param>
    /// <param name="ct">Cancels.</param>
    ValueTask<byte[]?> GetAsync(string name, CancellationToken ct);
}
