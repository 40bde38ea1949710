import org.elasticmq.NodeAddress;
import org.elasticmq.rest.sqs.SQSRestServerBuilder;

/** Serves ElasticMQ on the port given as the first argument until the process is killed. */
public class ElasticMq {
  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    NodeAddress address = new NodeAddress("http", "127.0.0.1", port, "");
    SQSRestServerBuilder.withInterface("127.0.0.1").withPort(port).withServerAddress(address).start().waitUntilStarted();
    Thread.currentThread().join();
  }
}
