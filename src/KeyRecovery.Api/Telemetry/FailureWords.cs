using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using Microsoft.IdentityModel.Protocols;

namespace KeyRecovery.Api.Telemetry;

/// <summary>
/// Why something failed, in words that quote nobody: what exceptions say that are made to be told, and what the
/// operating system said. Whoever is called at night has a full disk before them otherwise, and a stack to guess it by.
/// </summary>
internal static class FailureWords
{
    /// <returns>Null where no cause is one of these.</returns>
    public static string? Of(Exception failure)
    {
        var words = new List<string>();
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
            if (WordOf(cause) is { } word && !words.Contains(word)) words.Add(word);
        return words.Count == 0 ? null : string.Join("; ", words);
    }

    private static string? WordOf(Exception cause) => cause switch
    {
        StoreUnavailableException store => $"{store.Message} ({store.Reason})",
        RowDamagedException or StoreOpenException => cause.Message,
        UnauthorizedAccessException => "permission denied",
        SocketException socket => $"network: {socket.SocketErrorCode}",
        AuthenticationException certificate => certificate.Message,
        HttpRequestException { StatusCode: { } status } => $"HTTP {(int)status}",
        // As the reader of an issuer's documents has it.
        IOException document when document.Data[HttpDocumentRetriever.StatusCode] is HttpStatusCode status =>
            $"HTTP {(int)status}",
        IOException file => Errno(file.HResult),
        OperationCanceledException or TimeoutException => "no answer in time",
        _ => null,
    };

    // Linux; .NET has the number in HResult.
    private static string? Errno(int number) => number switch
    {
        5 => "the disk fails (input/output error)",
        24 or 23 => "too many open files",
        28 => "no space left on device",
        30 => "read-only file system",
        122 => "disk quota exceeded",
        _ => null,
    };
}
