using System.Net;

namespace KeyRecovery.Storage.Tests.Moves;

/// <summary>
/// The way to accounts of a process that dies: from one request to a document on, counted from 1, nothing gets through.
/// A read is done or not all the same, so where the last one is done writes alone are counted.
/// </summary>
/// <param name="at">Which is the last one.</param>
/// <param name="isDone">Whether that one is done, without an answer.</param>
internal sealed class Death(int at, bool isDone)
{
    private int _requests;

    public HttpMessageHandler Between(HttpMessageHandler next) => new Handler(this, at, isDone, next);

    private sealed class Handler(Death death, int at, bool isDone, HttpMessageHandler next) : DelegatingHandler(next)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var isDocument = request.RequestUri!.AbsolutePath.Contains("/docs", StringComparison.Ordinal)
                && !(isDone && request.Method == HttpMethod.Get);
            var count = isDocument ? Interlocked.Increment(ref death._requests) : Volatile.Read(ref death._requests);
            if (count < at || (count == at && isDone && isDocument))
            {
                var response = await base.SendAsync(request, cancellationToken);
                if (count < at) return response;
                response.Dispose();
            }

            // What nobody makes again.
            return new HttpResponseMessage(HttpStatusCode.Forbidden) { Content = new StringContent("") };
        }
    }
}
