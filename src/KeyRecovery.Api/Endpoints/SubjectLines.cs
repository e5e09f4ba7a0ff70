using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Options;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Api.Endpoints;

/// <summary>Reads users from a body of newline-delimited JSON as it comes, and hashes it on the way.</summary>
internal sealed class SubjectLines(HttpContext context, AppOptions app, OperatorTokens tokens) : IDisposable
{
    public const string MediaType = "application/x-ndjson";
    public const long MostBytes = (long)MostLines * 512;

    private const int MostLines = 100_000;
    private const int MostLineBytes = 4_096;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>SHA-256 of all that was read.</summary>
    public Hash256 Hash => new(_hash.GetCurrentHash());

    /// <exception cref="SubjectLineException">
    /// A line is malformed, or there is none at all, or who sends them is no operator any more at their end.
    /// </exception>
    public async IAsyncEnumerable<(int Line, AppUser User)> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var (reader, number, users) = (context.Request.BodyReader, 0, 0);
        for (var (rest, isLast) = (Array.Empty<byte>(), false); !isLast;)
        {
            (var bytes, isLast) = BodyReader.Take(reader, await BodyReader.NextAsync(reader, ct));
            var buffer = new ReadOnlySequence<byte>([.. rest, .. bytes]);
            while (TryTake(ref buffer, isLast, out var line))
            {
                number++;
                if (number > MostLines) throw new SubjectLineException(number);
                if (Parse(line, number) is not { } subject) continue;
                users++;
                yield return (number, new AppUser(app.Id, app.Issuer, subject));
            }

            if (buffer.Length > MostLineBytes) throw new SubjectLineException(number + 1);
            rest = buffer.ToArray();
        }

        if (users == 0) throw new SubjectLineException(1);
        if (await tokens.RefuseBehindBodyAsync(context, OperatorScope.Erase) is { } gone)
            throw new SubjectLineException(gone);
    }

    public void Dispose() => _hash.Dispose();

    private bool TryTake(ref ReadOnlySequence<byte> buffer, bool isLast, out byte[] line)
    {
        var end = buffer.PositionOf((byte)'\n');
        line = [];
        if (end is null && (!isLast || buffer.IsEmpty)) return false;
        var taken = end is { } at ? buffer.Slice(0, at) : buffer;
        line = taken.ToArray();
        _hash.AppendData(line);
        _hash.AppendData("\n"u8);
        buffer = end is { } next ? buffer.Slice(buffer.GetPosition(1, next)) : buffer.Slice(buffer.End);
        return true;
    }

    private static string? Parse(byte[] line, int number)
    {
        if (line.AsSpan().Trim(" \t\r"u8).IsEmpty) return null;
        try
        {
            var subject = line.Length > MostLineBytes
                ? null : JsonSerializer.Deserialize(line, ApiJson.Default.ErasureLine)?.Subject;
            if (AppTokens.IsSubject(subject))
                return subject;
        }
        catch (JsonException)
        {
            // Told below.
        }

        throw new SubjectLineException(number);
    }
}
