"""Children Missing From Care: were the reports that federal law asks for made, and in time?"""
